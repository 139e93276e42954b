using System.Numerics;

namespace EventOnly.Server.Diagnostics;

/// <summary>A sum that many threads add to: each core has a place of its own, so that none waits for another's cache line.</summary>
internal sealed class StripedSum
{
    /// <summary>Numbers from one place to the next: two cache lines, for processors fetch them in pairs.</summary>
    private const int Stride = 16;

    private static readonly int s_mask = (int)BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount) - 1;

    private readonly long[] _places = new long[(s_mask + 2) * Stride];

    public long Value
    {
        get
        {
            var sum = 0L;
            for (var i = Stride; i < _places.Length; i += Stride)
                sum += Volatile.Read(ref _places[i]);
            return sum;
        }
    }

    /// <summary>The first place is left empty: beside it lies the array's length, which everybody reads.</summary>
    public void Add(long more) => Interlocked.Add(ref _places[((Thread.GetCurrentProcessorId() & s_mask) + 1) * Stride], more);
}
