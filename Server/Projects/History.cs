using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>Looks back into a journal.</summary>
internal static class History
{
    /// <summary>Events from a seq to a seq, both included, as far as count and bytes allow.</summary>
    public static async Task<(ImmutableArray<ReadOnlyMemory<byte>> Events, bool More)> PageAsync(
        IJournal journal, string project, long from, long to, int countMax, int bytesMax, CancellationToken cancelled)
    {
        var events = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        var bytes = 0;
        await foreach (var entry in journal.ReadAsync(project, from, cancelled))
        {
            if (entry.Seq > to)
                break;
            if (events.Count == countMax || (events.Count > 0 && bytes + entry.Json.Length > bytesMax))
                return (events.DrainToImmutable(), true);
            events.Add(entry.Json);
            bytes += entry.Json.Length;
        }
        return (events.DrainToImmutable(), false);
    }

    /// <summary>The state of the moment at a seq: the fold of all events up to it.</summary>
    public static async Task<ProjectState> StateAtAsync(IJournal journal, string project, long seq, CancellationToken cancelled)
    {
        var codec = new WireCodec(WireLimits.Trusted);
        var state = ProjectState.Empty;
        await foreach (var entry in journal.ReadAsync(project, 1, cancelled))
        {
            if (entry.Seq > seq)
                break;
            state = Fold.Apply(state, Read(codec, project, entry));
        }
        return state;
    }

    /// <summary>The event of a line. A line of a type that this version does not know is a fault: who passes over it is not what the project is.</summary>
    public static ProjectEvent Read(WireCodec codec, string project, JournalEntry entry) =>
        codec.TryDecodeEvent(entry.Json.Span) is { Changes.Length: > 0 } happened
            ? happened
            : throw new InvalidDataException($"Event {entry.Seq} of project {project} cannot be read.");
}
