using System.Collections.Immutable;

namespace EventOnly.Tests.Bench;

/// <summary>One measured figure.</summary>
/// <param name="Value">Null where there is none in this row.</param>
/// <param name="Goal">What was to be reached, in words; null where it is told for information.</param>
/// <param name="IsMet">Whether it was; null without a goal.</param>
internal sealed record Figure(string Name, double? Value, string Unit = "", string? Goal = null, bool? IsMet = null)
{
    /// <summary>What cannot be told, as a ratio to nothing, is no figure, and meets no goal.</summary>
    public double? Value { get; } = Value is { } value && double.IsFinite(value) ? value : null;

    public bool? IsMet { get; } = IsMet is { } met ? met && Value is { } value && double.IsFinite(value) : null;

    public static Figure AtLeast(string name, double value, double goal, string unit = "") =>
        new(name, value, unit, $"≥ {Report.Show(goal)} {unit}".TrimEnd(), value >= goal);

    public static Figure AtMost(string name, double value, double goal, string unit = "") =>
        new(name, value, unit, $"≤ {Report.Show(goal)} {unit}".TrimEnd(), value <= goal);

    public static Figure Below(string name, double value, double goal, string unit = "") =>
        new(name, value, unit, $"< {Report.Show(goal)} {unit}".TrimEnd(), value < goal);
}

/// <summary>What was measured of one case. Rows of a section have the same figures and make one table.</summary>
internal sealed record Row(string Section, string Name, params ImmutableArray<Figure> Figures)
{
    /// <summary>Whether it is of our own server, not of one to compare with.</summary>
    public bool IsOurs => Name.StartsWith("EventOnly", StringComparison.Ordinal);
}
