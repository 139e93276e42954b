using System.Collections.Immutable;
using System.Text;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Support;

/// <summary>What a server says about the project "p", where only what matters to a test is named.</summary>
internal static class Said
{
    public const string Me = "me";
    public const string Other = "other";
    public const string Epoch = "e1";

    public static JsonFields Json(string text) => JsonFields.Parse(Encoding.UTF8.GetBytes(text));

    public static Entity Card(string id, string data, long version = 1) => new(id, "card", version, Json(data));

    /// <summary>A card of which the notes are a text that is written together.</summary>
    public static Entity Sheet(string id, string text, long born = 1) => Fold.Apply(
        (Entity?)null, new Change.Created(id, "card", born, JsonFields.Empty.With("notes", JsonFields.Empty.With("$text", CanonicalValue.Of(text)).ToValue())))!;

    public static ServerMessage.Happened Edited(long seq, Delta delta, int length, string session = Other, long n = 1) =>
        Happened(seq, new Change.Edited("c", 1, "notes", delta, length), session, n);

    public static ServerMessage.Joined Joined(
        string id, long seq, bool recovered = false, string epoch = Epoch, params Outcome[] outcomes) =>
        new(id, "p", Me, new(epoch, seq), 0, recovered, [.. outcomes], "write", [], 1);

    public static ServerMessage.Snapshot Snapshot(long seq, params Entity[] entities) => Part(seq, 1, 1, entities);

    public static ServerMessage.Snapshot Part(long seq, int part, int parts, params Entity[] entities) =>
        new(null, "p", seq, part, parts, [.. entities], null);

    public static ServerMessage.Happened Happened(long seq, Change change, string session = Other, long n = 1) =>
        new("p", new(seq, 1000 + seq, session, session, n, false, [change]));

    public static ServerMessage.Happened Created(long seq, string id, string data = "{}", string session = Other, long n = 1) =>
        Happened(seq, new Change.Created(id, "card", seq, Json(data)), session, n);

    public static ServerMessage.Happened Voted(long seq, string session = Other, long n = 1) =>
        Happened(seq, new Change.Incremented("c", 1, [new("votes", 1)]), session, n);

    public static ServerMessage.Reject Reject(long n, ErrorCode code, int? retryAfterMs = null) =>
        new("p", n, new(code, code.ToString()), retryAfterMs);

    public static Command.Create Create(string id, string data = "{}") => new(id, "card", Json(data));

    public static Command.Patch Patch(string id, string data) => new(id, Json(data), null);

    public static Command.Increment Vote(string id = "c") => new(id, [new("votes", 1)], null);

    public static long Votes(this ProjectState state, string id = "c") => state.Entities[id].Data["votes"]?.AsInteger() ?? 0;

    public static ImmutableArray<string> Ids(this ProjectState state) => [.. state.Entities.Keys];
}
