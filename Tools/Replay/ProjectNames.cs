using System.Globalization;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Replay;

/// <summary>
/// Which projects stand for those of a script: named like them as far as a project may be, other ones for other names, and new ones at each run.
/// </summary>
/// <param name="suffix">What makes them new.</param>
internal sealed class ProjectNames(string suffix)
{
    private const int LengthMax = 64;

    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    public string IdOf(string name)
    {
        if (!_ids.TryGetValue(name, out var id))
        {
            id = Make(name, $"-{suffix}");
            for (var number = 2; !_taken.Add(id); number++) // names that differ only in what no project's name may hold
                id = Make(name, string.Create(CultureInfo.InvariantCulture, $"-{number}-{suffix}"));
            _ids.Add(name, id);
        }
        return id;
    }

    private static string Make(string name, string end)
    {
        var kept = string.Concat(name.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-' ? c : '-'))
            .Replace("..", "-", StringComparison.Ordinal).TrimStart('.', '_', '-');
        var id = kept[..Math.Min(kept.Length, LengthMax - end.Length)] + end;
        return Names.IsProjectId(id) ? id : Make("script", end); // there was no letter and no digit
    }
}
