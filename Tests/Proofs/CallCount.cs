using System.Collections.Immutable;
using System.Globalization;

namespace EventOnly.Tests.Proofs;

/// <summary>How often each system call was made, all threads together: reads what <c>strace -c</c> writes at its end.</summary>
internal sealed class CallCount
{
    private readonly ImmutableDictionary<string, long> _calls;

    private CallCount(ImmutableDictionary<string, long> calls) => _calls = calls;

    /// <summary>How the runtime waits and holds memory: how often depends on the time it takes, not on what it does.</summary>
    private static readonly string[] s_runtime = ["sched_yield", "mmap", "munmap", "mprotect", "madvise", "membarrier"];

    /// <summary>All but the runtime's own.</summary>
    public long Total => _calls.Where(call => !s_runtime.Contains(call.Key)).Sum(call => call.Value);

    /// <summary>Of any of the names; one that was never called counts nothing.</summary>
    public long this[params string[] names] => names.Sum(name => _calls.GetValueOrDefault(name));

    /// <param name="lines">Share of time, seconds, microseconds a call, calls, errors where there were any, name.</param>
    public static CallCount Parse(IEnumerable<string> lines) => new(lines
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length >= 5 && words[^1] != "total" && long.TryParse(words[3], CultureInfo.InvariantCulture, out _))
        .ToImmutableDictionary(words => words[^1], words => long.Parse(words[3], CultureInfo.InvariantCulture), StringComparer.Ordinal));

    public override string ToString() => string.Join(' ', _calls.OrderByDescending(call => call.Value).Select(call => $"{call.Key}={call.Value}"));
}
