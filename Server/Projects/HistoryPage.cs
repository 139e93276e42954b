using System.Collections.Immutable;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>How much one page of history may hold, and how much may be looked at for it.</summary>
/// <param name="Events">Events of a page.</param>
/// <param name="Bytes">Bytes of a page's events; one at least is taken, however large.</param>
/// <param name="Scanned">Events looked at for a page.</param>
internal readonly record struct PageBounds(int Events, int Bytes, int Scanned);

/// <summary>A page of a project's past.</summary>
/// <param name="Next">Where the next page begins (its <c>from</c>, or its <c>before</c>); null where nothing is left.</param>
internal sealed record HistoryPage(ImmutableArray<ReadOnlyMemory<byte>> Events, long? Next)
{
    /// <summary>Events that are read forwards at a time when the reading goes backwards.</summary>
    private const int BlockMax = 4096;

    private const int BlockMin = 256;

    /// <summary>Reads one page of what is wanted of the events after <paramref name="floor"/> up to <paramref name="head"/>.</summary>
    public static Task<HistoryPage> ReadAsync(
        IJournal journal, string project, HistoryQuery query, long floor, long head, PageBounds bounds, CancellationToken cancelled)
    {
        var building = new Building(project, EventFilter.Of(query), bounds);
        return query.From is { } from
            ? ForwardsAsync(journal, project, building, Math.Max(from, floor + 1), Math.Min(query.To ?? head, head), cancelled)
            : BackwardsAsync(journal, project, building, floor, Math.Min((query.Before ?? long.MaxValue) - 1, head), cancelled);
    }

    private static async Task<HistoryPage> ForwardsAsync(
        IJournal journal, string project, Building page, long from, long to, CancellationToken cancelled)
    {
        if (from > to)
            return page.End(null);
        await foreach (var entry in journal.ReadAsync(project, from, cancelled))
        {
            if (entry.Seq > to)
                break;
            if (page.ScansLeft == 0 || page.IsFull || (page.Wants(entry) && !page.TryAdd(entry)))
                return page.End(entry.Seq);
        }
        return page.End(null);
    }

    /// <summary>A journal reads forwards only, so block by block, each turned round.</summary>
    private static async Task<HistoryPage> BackwardsAsync(
        IJournal journal, string project, Building page, long floor, long last, CancellationToken cancelled)
    {
        var block = new List<JournalEntry>();
        for (var size = page.FirstBlock; last > floor; size = Math.Min(size * 2, BlockMax))
        {
            var count = Math.Min(size, page.ScansLeft);
            if (count == 0 || page.IsFull)
                return page.End(last + 1);
            var first = Math.Max(floor + 1, last - count + 1);
            block.Clear();
            await foreach (var entry in journal.ReadAsync(project, first, cancelled))
            {
                if (entry.Seq > last)
                    break;
                if (page.Wants(entry))
                    block.Add(entry);
            }
            for (var i = block.Count - 1; i >= 0; i--)
            {
                if (page.IsFull || !page.TryAdd(block[i]))
                    return page.End(block[i].Seq + 1);
            }
            last = first - 1;
        }
        return page.End(null);
    }

    private sealed class Building(string project, EventFilter? filter, PageBounds bounds)
    {
        private readonly ImmutableArray<ReadOnlyMemory<byte>>.Builder _events = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        private readonly WireCodec _codec = new(WireLimits.Trusted);
        private int _bytes;

        public int ScansLeft { get; private set; } = bounds.Scanned;

        public bool IsFull => _events.Count == bounds.Events;

        /// <summary>Without a filter every event is on the page, so no more need be read than fit on it.</summary>
        public int FirstBlock => Math.Min(BlockMax, filter is null ? bounds.Events : Math.Max(BlockMin, bounds.Events));

        public bool Wants(JournalEntry entry)
        {
            ScansLeft--;
            return filter is null || (filter.MayMatch(entry.Json.Span) && filter.Matches(History.Read(_codec, project, entry)));
        }

        public bool TryAdd(JournalEntry entry)
        {
            if (_events.Count > 0 && _bytes + entry.Json.Length > bounds.Bytes)
                return false;
            _events.Add(entry.Json.ToArray()); // the entry may share its memory with many that are not wanted
            _bytes += entry.Json.Length;
            return true;
        }

        public HistoryPage End(long? next) => new(_events.DrainToImmutable(), next);
    }
}
