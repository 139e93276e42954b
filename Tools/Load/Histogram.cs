using System.Numerics;

namespace EventOnly.Tools.Load;

/// <summary>
/// Counts durations in buckets of a fixed number, however many there are: 128 to each power of two nanoseconds. A percentile is told as the
/// upper end of its bucket: never less than what was measured, and less than 1/128 (0.8 %) more. One thread adds.
/// </summary>
internal sealed class Histogram
{
    private const int Bits = 7;
    private const int PerOctave = 1 << Bits;

    private readonly long[] _counts = new long[(64 - Bits) << Bits];

    public long Count { get; private set; }

    public void Add(TimeSpan duration) => AddNs((long)(duration.TotalMilliseconds * 1e6));

    public void AddNs(long ns)
    {
        _counts[BucketOf(Math.Max(0, ns))]++;
        Count++;
    }

    /// <summary>Takes away what an older copy of this had counted: what remains was counted since.</summary>
    public void Subtract(Histogram earlier)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] -= earlier._counts[i];
        Count -= earlier.Count;
    }

    public void Add(Histogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        Count += other.Count;
    }

    /// <summary>The duration within which so many percent were; 0 where nothing was counted.</summary>
    public double PercentileMs(double percent)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(Count * percent / 100));
        for (var (i, seen) = (0, 0L); i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
                return EndOf(i) / 1e6;
        }
        return 0;
    }

    /// <summary>Up to 128 exactly; beyond, the position of the highest bit and the seven bits behind it.</summary>
    private static int BucketOf(long ns)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)ns | 1) - Bits);
        return shift == 0 ? (int)ns : (shift << Bits) + (int)(ns >> shift);
    }

    private static double EndOf(int bucket)
    {
        if (bucket < 2 * PerOctave)
            return bucket;
        var shift = (bucket >> Bits) - 1;
        return Math.ScaleB((bucket & (PerOctave - 1)) + PerOctave + 1, shift) - 1;
    }
}
