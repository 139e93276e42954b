using EventOnly.Server.Connections;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Connections;

[Parallelizable(ParallelScope.All)]
public sealed class BacklogTests
{
    [Test]
    public async Task All_that_wait_have_their_turn()
    {
        var (backlog, done) = (new Backlog(), 0);

        for (var i = 0; i < 1000; i++)
            backlog.Add(new Piece(() => Interlocked.Increment(ref done)));

        await Eventually.IsAsync(() => Volatile.Read(ref done) == 1000, "all had their turn");
        backlog.Count.Should().Be(0);
    }

    [Test]
    public async Task No_more_write_at_a_time_than_there_are_cores()
    {
        var (backlog, writing, most) = (new Backlog(), 0, 0);
        var ended = 0;

        for (var i = 0; i < 200; i++)
            backlog.Add(new Piece(Write));

        await Eventually.IsAsync(() => Volatile.Read(ref ended) == 200, "all had their turn");
        most.Should().BeLessThanOrEqualTo(Environment.ProcessorCount);

        void Write()
        {
            var now = Interlocked.Increment(ref writing);
            lock (backlog)
                most = Math.Max(most, now);
            Thread.SpinWait(1000); // long enough for another to begin meanwhile
            Interlocked.Decrement(ref writing);
            Interlocked.Increment(ref ended);
        }
    }

    private sealed class Piece(Action write) : IThreadPoolWorkItem
    {
        public void Execute() => write();
    }
}
