using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>
/// Looks back into journals: pages of events, and states of moments, which are folded from the nearest state that is known or kept. Runs beside
/// the projects' loops.
/// </summary>
internal sealed class History(IJournal journal, ProjectOptions options) : IDisposable
{
    /// <summary>Events that are folded on from a known state before the journal is asked for a nearer one, which costs the loading of a snapshot.</summary>
    private const int FoldRatherThanLoad = 20_000;

    /// <summary>Moments worked out at a time on this server: more would only compete for cores and disk, and those who wait may find theirs known.</summary>
    private readonly SemaphoreSlim _folding = new(2);

    private readonly PastStates _known = new(options.PastStatesMax, options.PastBytesMax);

    /// <param name="floor">The seq up to which events are no longer there.</param>
    /// <param name="head">The last seq that the asker may see.</param>
    public Task<HistoryPage> PageAsync(
        string project, HistoryQuery query, long floor, long head, PageBounds bounds, CancellationToken cancelled) =>
        HistoryPage.ReadAsync(journal, project, query, floor, head, bounds, cancelled);

    /// <summary>The state after the event of a seq; null where that is not, or no longer, in the journal.</summary>
    public async Task<ProjectState?> AtSeqAsync(string project, ProjectState present, long floor, long seq, CancellationToken cancelled)
    {
        if (seq == present.Seq)
            return present;
        if (seq > present.Seq || seq < floor)
            return null;
        if (_known.Find(project, seq) is { } known && known.Seq == seq)
            return known;
        await _folding.WaitAsync(cancelled);
        try
        {
            var past = await FoldAsync(project, floor, seq, cancelled);
            if (past is not null)
                _known.Add(project, past);
            return past;
        }
        finally
        {
            _folding.Release();
        }
    }

    /// <summary>The state after the last event that is not later than a time, the present for a time to come; null where that is no longer in the journal.</summary>
    public async Task<ProjectState?> AtTimeAsync(string project, ProjectState present, long floor, long atMs, CancellationToken cancelled)
    {
        var (low, high) = (floor, atMs >= present.AtMs ? present.Seq : present.Seq - 1);
        if (high == present.Seq)
            return present;
        while (low < high) // events have the order of their times
        {
            var middle = low + (high - low + 1) / 2;
            if (await TimeOfAsync(project, middle, cancelled) is not { } time)
                return null;
            (low, high) = time <= atMs ? (middle, high) : (low, middle - 1);
        }
        var past = await AtSeqAsync(project, present, floor, low, cancelled);
        return past is { Seq: > 0 } && past.AtMs > atMs ? null : past; // the first state there still is may be later than that
    }

    private async Task<ProjectState?> FoldAsync(string project, long floor, long seq, CancellationToken cancelled)
    {
        var start = _known.Find(project, seq);
        if (start?.Seq < floor)
            start = null; // the events behind it are no longer there
        if (start is null || seq - start.Seq > FoldRatherThanLoad)
        {
            var kept = await journal.LoadAsync(project, Moment.AfterSeq(seq), cancelled);
            if (start is null || kept?.Seq > start.Seq)
                start = kept;
        }
        if (start is null || start.Seq == seq)
            return start;

        var (builder, codec) = (new StateBuilder(start), new WireCodec(WireLimits.Trusted));
        await foreach (var entry in journal.ReadAsync(project, start.Seq + 1, cancelled))
        {
            if (entry.Seq != builder.Seq + 1)
                return null; // they were forgotten meanwhile
            builder.Apply(Read(codec, project, entry));
            if (entry.Seq == seq)
                return builder.ToState();
        }
        return null;
    }

    private async Task<long?> TimeOfAsync(string project, long seq, CancellationToken cancelled)
    {
        await foreach (var entry in journal.ReadAsync(project, seq, cancelled))
            return entry.Seq == seq ? Read(new(WireLimits.Trusted), project, entry).AtMs : null;
        return null;
    }

    /// <summary>The event of a line. A line of a type that this version does not know is a fault: who passes over it is not what the project is.</summary>
    public static ProjectEvent Read(WireCodec codec, string project, JournalEntry entry) =>
        codec.TryDecodeEvent(entry.Json.Span) is { Changes.Length: > 0 } happened
            ? happened
            : throw new InvalidDataException($"Event {entry.Seq} of project {project} cannot be read.");

    public void Dispose() => _folding.Dispose();
}
