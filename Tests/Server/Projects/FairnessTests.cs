using System.Collections.Concurrent;
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
    private const int Batch = 8;
    private const int QuietProjects = 50;
    private const int BusyEvents = 40 * ProjectLoop.TurnsInARow * Batch;

    [Test]
    public async Task Beside_a_project_that_never_rests_each_quiet_one_has_its_turn_after_a_few_of_the_others()
    {
        using var thread = new OneThread();
        using var stopping = new CancellationTokenSource();
        var journal = Given.AJournal(); // answers at once, so that nothing goes on elsewhere
        var busy = await OpenAsync("busy", journal, new() { BatchMax = Batch });
        var (ann, told, said) = (new Guest("ann"), 0, 0);
        var quiet = new List<Quiet>();
        for (var i = 0; i < QuietProjects; i++)
            quiet.Add(new(await OpenAsync($"quiet-{i}", journal, new()), () => told));
        var running = new List<Task>();
        foreach (var loop in quiet.Select(project => project.Loop).Prepend(busy))
            thread.Post(_ => running.Add(loop.RunAsync(stopping.Token)), null);
        Enter(busy, ann);
        quiet.ForEach(project => Enter(project.Loop, project.Guest));
        thread.GoUntil(() => quiet.TrueForAll(project => project.Guest.Heard().Length > 0));

        ann.OnWake = () =>
        {
            for (var news = ann.Events().Length; told < news; told++)
            {
                if (told % Batch == Batch / 2) // in the middle of all it does, one of the others has something to do
                    quiet[told / Batch % QuietProjects].Say();
                SayOne();
            }
        };
        for (var i = 0; i < 2 * Batch; i++)
            SayOne();
        thread.GoUntil(() => told == BusyEvents && quiet.TrueForAll(project => project.HasHeardAll));

        quiet.Sum(project => project.Waits.Count).Should().Be(BusyEvents / Batch);
        quiet.SelectMany(project => project.Waits).Should().OnlyContain(wait => wait <= ProjectLoop.TurnsInARow * Batch, "it waits for no more than what the busy one does in a row");
        ann.Events().Select(happened => happened.N).Should().Equal(Enumerable.Range(1, BusyEvents).Select(n => (long)n));
        await stopping.CancelAsync();
        thread.GoUntil(() => running.TrueForAll(loop => loop.IsCompleted));
        await Task.WhenAll(running);

        void SayOne()
        {
            if (said < BusyEvents)
                Bring(busy, new Inbound.Submit(ann.Member, ++said, Given.Create(null)));
        }
    }

    private static Task<ProjectLoop> OpenAsync(string project, IJournal journal, ProjectOptions options) =>
        ProjectLoop.OpenAsync(project, journal, options, new(), TimeProvider.System, NullLogger.Instance, ServerMetrics.Unwatched, CancellationToken.None);

    private static void Enter(ProjectLoop loop, Guest guest) => Bring(loop, new Inbound.Enter(guest.Member, guest.Session, Given.Join()));

    private static void Bring(ProjectLoop loop, Inbound inbound) => loop.TryBring(inbound).Should().BeTrue();

    /// <summary>A project that now and then has one command, and how much the busy one had done from there until its member heard the event.</summary>
    private sealed class Quiet
    {
        private readonly Func<int> _doneByBusy;
        private readonly List<int> _saidAt = [];

        public Quiet(ProjectLoop loop, Func<int> doneByBusy)
        {
            (Loop, _doneByBusy) = (loop, doneByBusy);
            Guest.OnWake = Hear;
        }

        public ProjectLoop Loop { get; }

        public Guest Guest { get; } = new("bob");

        public List<int> Waits { get; } = [];

        public bool HasHeardAll => Waits.Count == _saidAt.Count;

        public void Say()
        {
            _saidAt.Add(_doneByBusy());
            Bring(Loop, new Inbound.Submit(Guest.Member, _saidAt.Count, Given.Create(null)));
        }

        private void Hear()
        {
            for (var news = Guest.Events().Length; Waits.Count < news;)
                Waits.Add(_doneByBusy() - _saidAt[Waits.Count]);
        }
    }

    /// <summary>What is to go on goes on here, on the thread of the test and in the order in which it came.</summary>
    private sealed class OneThread : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _next = [];

        public override void Post(SendOrPostCallback d, object? state) => _next.Add((d, state));

        /// <summary>Waits where there is nothing, should something still come from elsewhere; the deadline is against a test that hangs.</summary>
        public void GoUntil(Func<bool> holds)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                while (!holds())
                {
                    _next.TryTake(out var next, RawClient.Patience).Should().BeTrue("something is still to be done");
                    next.Callback(next.State);
                }
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }

        public void Dispose() => _next.Dispose();
    }
}
