using System.Globalization;
using System.Runtime.InteropServices;

namespace EventOnly.Server.Journals;

/// <summary>A place between two lines of a segment.</summary>
/// <param name="Seq">The seq of the line before; the next one is the first that is read from here.</param>
/// <param name="Offset">Where the next line begins.</param>
/// <param name="Crc">The checksum of the line before.</param>
internal readonly record struct Place(long Seq, long Offset, uint Crc);

/// <summary>One file of a project's journal, as far as it is durable. The book that owns it guards it.</summary>
internal sealed class Segment(string path, long after)
{
    /// <summary>A reader that starts in the middle reads at most this much that it does not need.</summary>
    private const long BytesBetweenPlaces = 64 * 1024;

    /// <summary>More than any segment's first line has.</summary>
    public const int HeaderBytesMax = 4096;

    private readonly List<Place> _places = [];

    public string Path { get; } = path;

    /// <summary>The seq before the first that this segment has.</summary>
    public long After { get; } = after;

    /// <summary>Where the next line will stand.</summary>
    public Place End { get; private set; }

    public static string NameOf(long after) => (after + 1).ToString("D20", CultureInfo.InvariantCulture) + ".jsonl";

    /// <summary>The seq before a segment's first; null where a file's name is not a segment's.</summary>
    public static long? AfterOf(string name) =>
        name.Length == 26 && name.EndsWith(".jsonl", StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var first) ? first - 1 : null;

    /// <summary>Counts lines in up to a place, which is behind the end so far.</summary>
    /// <param name="isSnapshots">Whether a snapshot stands there, behind which reading will begin.</param>
    public void Grow(Place end, bool isSnapshots = false)
    {
        if (isSnapshots || _places.Count == 0 || end.Offset - _places[^1].Offset >= BytesBetweenPlaces)
            _places.Add(end);
        End = end;
    }

    /// <summary>The last known place from which reading comes by a seq.</summary>
    public Place Before(long seq)
    {
        var places = CollectionsMarshal.AsSpan(_places);
        var (low, high) = (0, places.Length);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (places[middle].Seq < seq)
                low = middle;
            else
                high = middle;
        }
        return places[low];
    }
}
