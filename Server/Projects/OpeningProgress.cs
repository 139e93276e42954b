using EventOnly.Server.Diagnostics;

namespace EventOnly.Server.Projects;

/// <summary>Logs how far the opening of a big project has come: at most once a second, and nothing in the first.</summary>
/// <param name="head">The last event's seq.</param>
internal sealed class OpeningProgress(string project, long head, TimeProvider time, ILogger logger)
{
    /// <summary>Events between two looks at the clock; a power of two.</summary>
    public const long EventsPerLook = 4096;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private readonly long _start = time.GetTimestamp();
    private TimeSpan _next = s_period;

    public void At(long seq)
    {
        if ((seq & (EventsPerLook - 1)) != 0)
            return;
        var elapsed = time.GetElapsedTime(_start);
        if (elapsed < _next)
            return;
        _next = elapsed + s_period;
        logger.ProjectOpening(project, seq, 100 * seq / Math.Max(seq, head));
    }
}
