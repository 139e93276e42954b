namespace EventOnly.Tests.Bench.Load;

/// <summary>
/// What one receiver must hear of each source: 1, 2, 3, …, each once and in order. A receiver that may miss some (broadcasts are dropped for who
/// is behind) has them counted.
/// </summary>
/// <param name="first">The number that each source begins with.</param>
internal sealed class NumberCheck(int sources, bool mayMiss, long first = 1)
{
    private readonly long[] _next = [.. Enumerable.Repeat(first, sources)];

    public long Missed { get; private set; }

    /// <summary>The newest number heard of a source.</summary>
    public long LastOf(int source) => _next[source] - 1;

    /// <returns>How many numbers further this receiver is: more than one where it missed some.</returns>
    /// <exception cref="BrokenPromiseException">Something was lost, doubled or is out of order.</exception>
    public long Take(int source, long number)
    {
        ref var next = ref _next[source];
        var step = number - next + 1;
        if (step != 1)
            Miss(source, number, next);
        next = number + 1;
        return step;
    }

    /// <summary>What the sources said in all was heard.</summary>
    /// <returns>How many numbers of those that may be missed were.</returns>
    /// <exception cref="BrokenPromiseException">The newest are missing, or more was heard than was said.</exception>
    public long End(ReadOnlySpan<long> lasts)
    {
        var missed = Missed;
        for (var source = 0; source < lasts.Length; source++)
        {
            if (LastOf(source) > lasts[source])
                throw new BrokenPromiseException($"Source {source} said up to {lasts[source]}, but {LastOf(source)} was heard.");
            if (LastOf(source) < lasts[source] && !mayMiss)
                throw new BrokenPromiseException($"Lost: source {source} said up to {lasts[source]}, but {LastOf(source)} was the last that was heard.");
            Missed += lasts[source] - LastOf(source);
            _next[source] = lasts[source] + 1;
        }
        return Missed - missed;
    }

    private void Miss(int source, long number, long next)
    {
        if (number < next)
            throw new BrokenPromiseException($"Doubled or out of order: {number} of source {source} came after {next - 1}.");
        if (!mayMiss)
            throw new BrokenPromiseException($"Lost or out of order: {number} of source {source} came after {next - 1}.");
        Missed += number - next;
    }
}
