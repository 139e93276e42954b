namespace EventOnly.Server.Projects;

/// <summary>When a project tells its members what is new about each other: at once after a rest, then at most once in a period. Pure.</summary>
/// <param name="period">Time between two tellings at least; zero tells in every turn.</param>
internal sealed class PresencePace(TimeSpan period)
{
    private TimeSpan? _toldAt;

    /// <summary>How long it has to wait before the next.</summary>
    public TimeSpan Wait(TimeSpan now) => _toldAt is { } told && now - told < period ? told + period - now : TimeSpan.Zero;

    /// <summary>Whether it may be told now; then it counts as told.</summary>
    /// <param name="now">On any clock that does not go back.</param>
    public bool TryTell(TimeSpan now)
    {
        if (Wait(now) > TimeSpan.Zero)
            return false;
        _toldAt = now;
        return true;
    }
}
