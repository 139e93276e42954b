namespace EventOnly.Tests.Bench.Load;

/// <summary>How many members in how many groups, and how many of each group publish.</summary>
internal sealed record CrewShape(int Groups, int Members, int Publishers)
{
    public int Count => Groups * Members;
}

/// <summary>The members of one measurement on one server. It ends with a check that each has heard all that was said.</summary>
internal sealed class Crew : IDisposable
{
    /// <summary>Connections of one address of this machine: the system has 28,232 ports for each.</summary>
    private const int PerAddress = 28_000;

    /// <summary>Connections that are opened at a time.</summary>
    private const int OpeningMax = 256;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>How long is listened when all has come: what comes twice may come last.</summary>
    public static readonly TimeSpan ListenTime = TimeSpan.FromMilliseconds(200);

    private readonly LoadLoop _loop;
    private readonly CrewShape _shape;
    private readonly Dialect _dialect;
    private readonly List<LoadConnection> _all = [];

    /// <param name="before">The seq of a project that was there before.</param>
    /// <param name="isUrgent">Whether its members are read before all others.</param>
    public Crew(LoadLoop loop, ServerProcess server, Dialect dialect, CrewShape shape, long before = 0, bool isUrgent = false)
    {
        (_loop, _shape, _dialect, Before) = (loop, shape, dialect, before);
        dialect.Sources = shape.Publishers;
        var joined = loop.JoinedCount;
        try
        {
            for (var i = 0; i < shape.Count; i++)
            {
                while (i - (loop.JoinedCount - joined) >= OpeningMax)
                    loop.Turn(5);
                var (group, member) = (i / shape.Members, i % shape.Members);
                _all.Add(loop.Open(dialect, server.Port, i, group, member < shape.Publishers ? member : -1, (byte)(1 + (i / PerAddress)), isUrgent: isUrgent));
            }
            loop.TurnUntil(() => loop.JoinedCount - joined == shape.Count, s_patience, "all joined");
        }
        catch
        {
            Dispose();
            throw;
        }
        Publishers = [.. _all.Where(connection => connection.Source >= 0)];
    }

    public long Before { get; }

    public bool AuthorsHear => _dialect.AuthorHears;

    /// <summary>In the order of their groups.</summary>
    public IReadOnlyList<LoadConnection> All => _all;

    public LoadConnection[] Publishers { get; }

    /// <summary>Broadcasts that were dropped for who was behind.</summary>
    public long Missed => _all.Sum(connection => connection.Check!.Missed);

    /// <summary>Writes the next numbers of a publisher and sends them together.</summary>
    public void Publish(LoadConnection publisher, int count)
    {
        var output = _loop.Output;
        output.Clear();
        for (var i = 0; i < count; i++)
            _dialect.Publish(publisher, output, ++publisher.Sent);
        _loop.Send(publisher);
    }

    /// <summary>Waits until all is heard that was said, and a little longer: then each has heard all, and nothing twice.</summary>
    /// <exception cref="BrokenPromiseException">Something was lost, or came once more.</exception>
    public void Complete()
    {
        AwaitAll();
        _loop.TurnFor(ListenTime);
        if (!AuthorsHear)
        {
            if (Array.Find(Publishers, publisher => publisher.Acked != publisher.Sent) is { } one)
                throw new BrokenPromiseException($"{one.Acked} was answered, and {one.Sent} said.");
            return;
        }
        _all.ForEach(CheckHeard);
        foreach (var publisher in Publishers)
            publisher.Acked = publisher.Sent;
    }

    /// <summary>Waits until all is heard that was said, or nothing more comes.</summary>
    public void AwaitAll()
    {
        if (!AuthorsHear)
        {
            _loop.TurnUntil(() => Array.TrueForAll(Publishers, publisher => publisher.Acked == publisher.Sent), s_patience, "all was answered");
            return;
        }
        var heard = -1L;
        while (!_all.TrueForAll(HasAll) && _loop.Deliveries != heard)
        {
            heard = _loop.Deliveries;
            for (var i = 0; i < 10 && !_all.TrueForAll(HasAll); i++) // a second without a delivery: nothing more comes
                _loop.TurnFor(TimeSpan.FromMilliseconds(_dialect.MayMiss ? 20 : 100));
        }
    }

    /// <summary>A member, of this crew or beside it, has heard all that was said in its group.</summary>
    /// <exception cref="BrokenPromiseException">It has not.</exception>
    public void CheckHeard(LoadConnection connection) => _loop.Advanced += connection.Check!.End(LastsOf(connection.Group));

    public void Dispose()
    {
        foreach (var connection in _all)
            _loop.Close(connection);
    }

    private bool HasAll(LoadConnection connection)
    {
        var lasts = LastsOf(connection.Group);
        for (var source = 0; source < lasts.Length; source++)
        {
            if (connection.Check!.LastOf(source) < lasts[source])
                return false;
        }
        return true;
    }

    /// <summary>What each source of a group has said up to: where the server numbers, what all of them said together.</summary>
    private long[] LastsOf(int group)
    {
        var lasts = new long[_dialect.NumbersAreTheServers ? 1 : _shape.Publishers];
        if (_dialect.NumbersAreTheServers)
            lasts[0] = Before;
        for (var i = 0; i < _shape.Publishers; i++)
            lasts[_dialect.NumbersAreTheServers ? 0 : i] += Publishers[(group * _shape.Publishers) + i].Sent;
        return lasts;
    }
}
