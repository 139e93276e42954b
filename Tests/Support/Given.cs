using System.Collections.Immutable;
using System.Text;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;

namespace EventOnly.Tests.Support;

/// <summary>What a test needs but is not about: it names what matters to it, the rest is supplied here.</summary>
internal static class Given
{
    public const string ProjectId = "apollo";
    public const string Epoch = "epoch-1";

    public static JsonFields Fields(string json) => JsonFields.Parse(Encoding.UTF8.GetBytes(json));

    public static CanonicalValue Value(string json) => CanonicalValue.Parse(Encoding.UTF8.GetBytes(json));

    public static Entity Entity(string id, string data = "{}", string kind = "card", long version = 1) => new(id, kind, version, Fields(data));

    public static ProjectState State(params Entity[] entities) => ProjectState.FromSnapshot(1, entities);

    public static Command.Create Create(string? id, string data = "{}", string kind = "card") => new(id, kind, Fields(data));

    public static Command.Patch Patch(string id, string patch, long? ifVersion = null) => new(id, Fields(patch), ifVersion);

    public static Command.Increment Increment(string id, string field, long delta, long? ifVersion = null) => new(id, [new(field, delta)], ifVersion);

    public static Command.Delete Delete(string id, long? ifVersion = null) => new(id, ifVersion);

    public static Command.Batch Batch(params Command[] ops) => new([.. ops]);

    public static ProjectEvent Event(long seq, params Change[] changes) => new(seq, 1000 + seq, "ann", "session", seq, changes.Length != 1, [.. changes]);

    public static ProjectEvent Event(long seq, string session, long n, params Change[] changes) =>
        new(seq, 1000 + seq, "ann", session, n, changes.Length != 1, [.. changes]);

    /// <summary>The line that a journal keeps of an event.</summary>
    public static JournalEntry Line(ProjectEvent happened)
    {
        var output = new Utf8Buffer();
        WireCodec.Encode(output, ProjectId, happened);
        return new(happened.Seq, output.Written.ToArray());
    }

    public static JournalEntry Line(long seq, string json = "{}") => new(seq, Encoding.UTF8.GetBytes(json));

    public static MemoryJournal AJournal()
    {
        var made = 0;
        return new(() => $"epoch-{Interlocked.Increment(ref made)}");
    }

    /// <summary>The state after an event, by nothing but the rule: from the first event on, one by one.</summary>
    public static async Task<ProjectState> FoldedAsync(IJournal journal, long seq)
    {
        var (state, codec) = (ProjectState.Empty, new WireCodec(WireLimits.Trusted));
        await foreach (var entry in journal.ReadAsync(ProjectId, 1, CancellationToken.None))
        {
            if (entry.Seq <= seq)
                state = Fold.Apply(state, codec.TryDecodeEvent(entry.Json.Span)!);
        }
        return state;
    }

    public static ClientMessage.Join Join(Position? since = null, bool listen = true, string? presence = null, params long[] pending) =>
        new("j1", ProjectId, "a-secret-of-a-session", since, [.. pending], listen, presence is null ? null : Fields(presence));

    public static ProjectBench AProject(ProjectOptions? options = null) => new(options ?? new());

    /// <summary>The first sentence of a sequence of choices that is the same every time.</summary>
    public static Random Chance(int seed) => new(seed);

    public static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Server frames (RFC 6455: final, text, unmasked) as the messages they carry. Fails the test where they are not whole.</summary>
    public static ImmutableArray<ServerMessage> Messages(ReadOnlySpan<byte> frames)
    {
        var codec = new WireCodec(WireLimits.Trusted);
        var messages = ImmutableArray.CreateBuilder<ServerMessage>();
        while (!frames.IsEmpty)
        {
            var json = Payload(ref frames);
            codec.TryDecode(json, out ServerMessage? message, out var fault).Should().BeTrue(fault?.Message);
            messages.Add(message!);
        }
        return messages.DrainToImmutable();
    }

    /// <summary>The payload of the first frame; moves behind it.</summary>
    private static ReadOnlySpan<byte> Payload(ref ReadOnlySpan<byte> frames)
    {
        frames[0].Should().Be(0x81);
        var (head, length) = frames[1] switch
        {
            < 126 => (2, frames[1]),
            126 => (4, System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(frames[2..])),
            _ => (10, (long)System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(frames[2..])),
        };
        var payload = frames.Slice(head, (int)length);
        frames = frames[(head + (int)length)..];
        return payload;
    }
}
