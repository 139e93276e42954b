using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Server.Projects;

/// <summary>Many loops on one thread, in an order that is always the same: how much a busy one does before a quiet one has its turn.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FairnessTests
{
    private const int Batch = 8, TurnsInARow = 16;

    [Test]
    public async Task Beside_a_project_that_never_rests_a_quiet_one_has_its_turn_after_a_few_of_the_others()
    {
        var thread = new OneThread();
        var journal = Given.AJournal();
        var hot = await OpenAsync("hot", journal, new() { BatchMax = Batch });
        var quiet = await OpenAsync("quiet", journal, new());
        using var stopping = new CancellationTokenSource();
        Task[] running = [thread.Run(() => hot.RunAsync(stopping.Token)), thread.Run(() => quiet.RunAsync(stopping.Token))];
        var (crowd, bob) = (Enumerable.Range(0, 40).Select(i => new Guest($"ann{i}")).ToArray(), new Guest("bob"));
        foreach (var guest in crowd)
            hot.TryBring(new Inbound.Enter(guest.Member, guest.Session, Given.Join())).Should().BeTrue();
        quiet.TryBring(new Inbound.Enter(bob.Member, bob.Session, Given.Join())).Should().BeTrue();
        thread.Go();

        for (var n = 1; n <= 64; n++)
        {
            foreach (var guest in crowd)
                hot.TryBring(new Inbound.Submit(guest.Member, n, Given.Create(null))).Should().BeTrue();
        }
        quiet.TryBring(new Inbound.Submit(bob.Member, 1, Given.Create("a"))).Should().BeTrue();
        var doneByThen = -1;
        bob.OnWake = () => doneByThen = crowd[0].Events().Length;
        thread.Go();

        crowd[0].Events().Should().HaveCount(40 * 64);
        doneByThen.Should().BeInRange(0, 2 * TurnsInARow * Batch, "it waits for no more than what the busy one does in a row");
        await stopping.CancelAsync();
        thread.Go();
        await Task.WhenAll(running).WaitAsync(RawClient.Patience);
    }

    private static Task<ProjectLoop> OpenAsync(string project, IJournal journal, ProjectOptions options) =>
        ProjectLoop.OpenAsync(project, journal, options, new(), TimeProvider.System, NullLogger.Instance, ServerMetrics.Unwatched, CancellationToken.None);

    /// <summary>A scheduler whose tasks run when the test says so, in the order they came.</summary>
    private sealed class OneThread : TaskScheduler
    {
        private readonly Queue<Task> _tasks = new();

        public Task Run(Func<Task> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();

        public void Go()
        {
            while (_tasks.TryDequeue(out var next))
                TryExecuteTask(next);
        }

        protected override void QueueTask(Task task) => _tasks.Enqueue(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => _tasks;
    }
}
