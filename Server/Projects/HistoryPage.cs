using System.Collections.Immutable;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>How much one page of history may hold, and how much may be looked at for it.</summary>
/// <param name="Events">Events of a page.</param>
/// <param name="Bytes">Bytes of a page's events; one at least is taken, however large.</param>
/// <param name="Scanned">Events looked at for a page.</param>
/// <param name="ScannedBytes">Bytes of events looked at for a page, about; one event at least is looked at.</param>
internal readonly record struct PageBounds(int Events, int Bytes, int Scanned, long ScannedBytes);

/// <summary>A page of a project's past.</summary>
/// <param name="Next">Where the next page begins (its <c>from</c>, or its <c>before</c>); null where nothing is left.</param>
internal sealed record HistoryPage(ImmutableArray<ReadOnlyMemory<byte>> Events, long? Next)
{
    // Events that are read forwards at a time when the reading goes backwards.
    private const int BlockMin = 256, BlockMax = 4096;

    /// <summary>
    /// Bytes of such a block, about; a larger one is begun anew, with fewer events. Not few, for a journal that was opened from a snapshot may have to read
    /// a whole segment to come to where a block begins.
    /// </summary>
    private const int BlockBytesMax = 16 * 1024 * 1024;

    /// <summary>The seq up to which events are no longer there.</summary>
    public long Floor { get; init; }

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
            if (page.IsSpent || page.Room == 0 || (page.Wants(entry) && !page.TryAdd(entry)))
                return page.End(entry.Seq);
        }
        return page.End(null);
    }

    /// <summary>A journal reads forwards only, so block by block, each turned round.</summary>
    private static async Task<HistoryPage> BackwardsAsync(
        IJournal journal, string project, Building page, long floor, long last, CancellationToken cancelled)
    {
        var (begin, size) = (last, BlockMin);
        while (last > floor)
        {
            if (page.Room == 0 || (page.IsSpent && last < begin))
                return page.End(last + 1);
            var first = Math.Max(floor + 1, last - page.Fitting(size) + 1);
            var (events, bytes, bytesMax) = (0, 0L, page.BlockBytes * 5 / 4);
            var isWhole = true;
            page.BeginQueue();
            await foreach (var entry in journal.ReadAsync(project, first, cancelled))
            {
                if (entry.Seq > last)
                    break;
                (events, bytes) = (events + 1, bytes + entry.Json.Length);
                if (page.Wants(entry))
                    page.Queue(entry);
                isWhole = bytes <= bytesMax || entry.Seq == last;
                if (!isWhole)
                    break;
            }
            if (!isWhole)
            {
                page.TakeBackQueue();
                size = Math.Max(1, events / 2);
                continue;
            }
            if (page.TryAddQueue() is { } dropped)
                return page.End(dropped + 1);
            last = first - 1;
            size = (int)Math.Clamp(page.BlockBytes / Math.Max(1, bytes / Math.Max(1, events)), 1, Math.Min(size * 2, BlockMax));
        }
        return page.End(null);
    }

    private sealed class Building(string project, EventFilter? filter, PageBounds bounds)
    {
        private readonly ImmutableArray<ReadOnlyMemory<byte>>.Builder _events = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        private readonly Queue<JournalEntry> _queue = new(); // the oldest first, and no more than fit on the page
        private readonly WireCodec _codec = new(WireLimits.Trusted);
        private long? _dropped;
        private int _scansLeft = bounds.Scanned;
        private long _scanBytesLeft = bounds.ScannedBytes;
        private long _bytes;
        private long _queued;
        private (int Scans, long Bytes) _before;

        /// <summary>Events that may still come onto the page.</summary>
        public int Room => bounds.Events - _events.Count;

        /// <summary>Whether as much was looked at as may be.</summary>
        public bool IsSpent => _scansLeft <= 0 || _scanBytesLeft <= 0;

        /// <summary>Bytes of a block that is worth reading: what may still be looked at and, without a filter, what fits on the page.</summary>
        public long BlockBytes => Math.Clamp(
            Math.Min(_scanBytesLeft, filter is null ? bounds.Bytes - _bytes : long.MaxValue), 512 * 1024, BlockBytesMax);

        /// <summary>Without a filter every event is on the page, so no more need be read than fit on it.</summary>
        public int Fitting(int size) => Math.Max(1, Math.Min(Math.Min(size, _scansLeft), filter is null ? Room : int.MaxValue));

        public bool Wants(JournalEntry entry)
        {
            _scansLeft--;
            _scanBytesLeft -= entry.Json.Length;
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

        /// <summary>Takes in an event that is newer than those in the queue; the oldest go where they do not all fit.</summary>
        public void Queue(JournalEntry entry)
        {
            _queue.Enqueue(entry);
            _queued += entry.Json.Length;
            while (_queue.Count > Room || (_events.Count + _queue.Count > 1 && _bytes + _queued > bounds.Bytes))
            {
                var oldest = _queue.Dequeue();
                (_queued, _dropped) = (_queued - oldest.Json.Length, oldest.Seq);
            }
        }

        public void BeginQueue() => (_queued, _dropped, _before) = (0, null, (_scansLeft, _scanBytesLeft));

        /// <summary>As if nothing had been looked at since it was begun.</summary>
        public void TakeBackQueue()
        {
            _queue.Clear();
            (_scansLeft, _scanBytesLeft) = _before;
        }

        /// <summary>Puts the queue on the page, the newest first; gives the newest of those that did not fit, if there were any.</summary>
        public long? TryAddQueue()
        {
            foreach (var entry in _queue.Reverse())
                _events.Add(entry.Json.ToArray());
            _queue.Clear();
            _bytes += _queued;
            return _dropped;
        }

        public HistoryPage End(long? next) => new(_events.DrainToImmutable(), next);
    }
}
