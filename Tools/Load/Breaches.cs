using System.Globalization;

namespace EventOnly.Tools.Load;

/// <summary>A promise that was broken, and to whom.</summary>
/// <param name="Promise">A stable word: <c>lost</c>, <c>duplicated</c>, <c>order</c>, <c>twice</c>, <c>content</c>, <c>acknowledged</c>, <c>refused</c>, <c>unanswered</c>, <c>resume</c>, <c>hash</c>, <c>protocol</c>, <c>ended</c>.</param>
/// <param name="Client">The number of the client that noticed, counted from 0; -1 where it was none.</param>
/// <param name="Seq">Where; 0 where it is no matter of a position.</param>
/// <param name="Detail">For people.</param>
internal sealed record Breach(string Promise, int Client, string Project, long Seq, string Detail)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Promise}: {(Client < 0 ? "" : $"client {Client}, ")}{(Project.Length == 0 ? "all projects" : $"project {Project}")}{(Seq > 0 ? $", seq {Seq}" : "")}: {Detail}");
}

/// <summary>The promises that were broken: all are counted, the first are kept.</summary>
internal sealed class Breaches
{
    private const int KeptMax = 100;

    private readonly Lock _gate = new();
    private readonly List<Breach> _kept = [];
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public void Add(Breach breach)
    {
        lock (_gate)
        {
            _count++;
            if (_kept.Count < KeptMax)
                _kept.Add(breach);
        }
    }

    public IReadOnlyList<Breach> Kept
    {
        get
        {
            lock (_gate)
                return [.. _kept];
        }
    }
}
