using System.Text;
using System.Text.Json.Nodes;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Support;

/// <summary>The vectors of Tests/Golden for the clients, which the JavaScript tests read too: commands and events as on the wire, less what the client adds.</summary>
internal static class ClientVectors
{
    private static readonly WireCodec Codec = new(WireLimits.Trusted);

    public static IEnumerable<TestCaseData> Named(string file) =>
        Read(file).AsArray().Select((vector, i) => new TestCaseData(vector).SetArgDisplayNames($"{i}: {vector!["name"]}"));

    public static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Repository.PathOf("Tests", "Golden", file)))!;

    public static Command Command(JsonNode body)
    {
        var frame = body.DeepClone().AsObject();
        (frame["project"], frame["n"]) = ("p", 1);
        lock (Codec)
        {
            Codec.TryDecode(Encoding.UTF8.GetBytes(frame.ToJsonString()), out ClientMessage? message, out var fault).Should().BeTrue(fault?.Message);
            return ((ClientMessage.Submit)message!).Command;
        }
    }

    /// <summary>A command as its frame says it.</summary>
    public static string Text(Command command)
    {
        var output = new Utf8Buffer();
        WireCodec.Encode(output, new ClientMessage.Submit("p", 1, command));
        return Encoding.UTF8.GetString(output.Written);
    }

    /// <summary>The event that a command becomes.</summary>
    public static ProjectEvent Event(Command command, long seq, string session, long n, string by = "ann") => new(
        seq, 1000 + seq, by, session, n, command is Command.Batch,
        [.. (command is Command.Batch batch ? batch.Ops : [command]).Select(op => Change(op, seq))]);

    public static Entity Entity(JsonNode entity) => new(
        entity["entity"]!.GetValue<string>(), entity["kind"]!.GetValue<string>(), entity["version"]!.GetValue<long>(), Said.Json(entity["data"]!.ToJsonString()));

    private static Change Change(Command op, long seq) => op switch
    {
        Command.Create create => new Change.Created(create.Entity!, create.Kind, seq, create.Data),
        Command.Patch patch => new Change.Patched(patch.Entity, seq, patch.Fields),
        Command.Increment increment => new Change.Incremented(increment.Entity, seq, increment.Deltas),
        Command.Delete delete => new Change.Deleted(delete.Entity),
        _ => throw new ArgumentOutOfRangeException(nameof(op)),
    };
}
