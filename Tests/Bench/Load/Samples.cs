namespace EventOnly.Tests.Bench.Load;

/// <summary>One figure, measured several times.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public int Count => _values.Count;

    public void Add(double value) => _values.Add(value);

    public double Median
    {
        get
        {
            var sorted = _values.Order().ToArray();
            return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <summary>How far apart the least and the most are, in percent of the median.</summary>
    public double SpreadPercent => Median == 0 ? 0 : (_values.Max() - _values.Min()) / Median * 100;
}
