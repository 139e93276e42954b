namespace EventOnly.Tools;

/// <summary>What the process tells whoever started it.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>It ran, and what was to be shown does not hold.</summary>
    public const int Failed = 1;

    /// <summary>It could not run: wrong arguments, a script that is none, no server.</summary>
    public const int WrongUsage = 2;
}
