using EventOnly.Server.Connections;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Connections;

[Parallelizable(ParallelScope.All)]
public sealed class BacklogTests
{
    private readonly ManualTime _time = new();

    [Test]
    public async Task All_that_wait_have_their_turn()
    {
        var (backlog, done) = (new Backlog(_time), 0);

        for (var i = 0; i < 1000; i++)
            backlog.Add(new Piece(() => Interlocked.Increment(ref done)));

        await Eventually.IsAsync(() => Volatile.Read(ref done) == 1000, "all had their turn");
        backlog.Count.Should().Be(0);
    }

    [Test]
    public async Task No_more_begin_than_few_lines_are_full_and_the_next_begins_when_one_has_room()
    {
        var (backlog, begun, moments) = (new Backlog(_time), 0, new List<int>());
        for (var i = 0; i < Backlog.ParkedMax; i++)
            moments.Add(backlog.Park());
        for (var i = 0; i < 3; i++)
            backlog.Add(new Piece(() => Interlocked.Increment(ref begun)));
        backlog.Count.Should().Be(3);

        backlog.Unpark(moments[0]);

        await Eventually.IsAsync(() => Volatile.Read(ref begun) == 3, "those that waited had their turn, for none of them parked");
    }

    [Test]
    public async Task Those_that_stay_full_for_longer_than_a_moment_hold_up_nobody()
    {
        var (backlog, begun, moments) = (new Backlog(_time), 0, new List<int>());
        for (var i = 0; i < Backlog.ParkedMax; i++)
            moments.Add(backlog.Park());
        backlog.Add(new Piece(() => Interlocked.Increment(ref begun)));
        backlog.Count.Should().Be(1);

        _time.Advance(Backlog.Moment);

        await Eventually.IsAsync(() => Volatile.Read(ref begun) == 1, "it had its turn");
        for (var i = 0; i < Backlog.ParkedMax; i++)
        {
            backlog.Park();
            backlog.Unpark(moments[i]); // that of one that is slow makes no room for another
        }
        backlog.Add(new Piece(() => Interlocked.Increment(ref begun)));
        backlog.Count.Should().Be(1);
    }

    private sealed class Piece(Action write) : IThreadPoolWorkItem
    {
        public void Execute() => write();
    }
}
