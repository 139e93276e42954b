using System.Globalization;

namespace EventOnly.Tests.Bench.Load;

/// <summary>How much of the machine others use while we measure: above a few percent, absolute figures say little.</summary>
internal sealed class OtherPrograms
{
    private const string Statistics = "/proc/stat";
    private const int ToTell = 3;

    private readonly (long Busy, long All)? _began = Look();
    private readonly double _ours = Ours();

    /// <summary>A sentence where others were busy, or where the system does not tell.</summary>
    public string? Describe()
    {
        if (_began is not { } began || Look() is not { } now || now.All == began.All)
            return null;
        var ticks = Ours() - _ours;
        var percent = (now.Busy - began.Busy - ticks) * 100 / (now.All - began.All);
        return percent < ToTell ? null : string.Create(CultureInfo.InvariantCulture, $"Other programs used {percent:F0} % of this machine meanwhile: believe ratios, not absolute figures.");
    }

    /// <summary>Ticks of all cores since the machine started.</summary>
    private static (long Busy, long All)? Look()
    {
        if (!File.Exists(Statistics))
            return null;
        var fields = File.ReadLines(Statistics).First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9].Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        var (all, idle) = (fields.Sum(), fields[3] + fields[4]);
        return (all - idle, all);
    }

    /// <summary>Ticks of this process and of those it has started and seen end: user, system, and the same of the children (proc(5)).</summary>
    private static double Ours()
    {
        const string Own = "/proc/self/stat";
        if (!File.Exists(Own))
            return 0;
        var text = File.ReadAllText(Own);
        return text[(text.LastIndexOf(')') + 2)..].Split(' ')[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
    }
}
