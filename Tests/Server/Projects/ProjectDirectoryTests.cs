using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class ProjectDirectoryTests
{
    [Test]
    public async Task Two_that_ask_at_once_get_the_same_loop_and_it_is_opened_once()
    {
        var mayOpen = new TaskCompletionSource();
        var journal = new ScriptedJournal(Given.AJournal()) { OnOpen = () => new(mayOpen.Task) };
        await using var directory = Directory(journal);
        var asking = Enumerable.Range(0, 8).Select(_ => Task.Run(() => directory.FindAsync("apollo").AsTask())).ToArray();

        mayOpen.SetResult();
        var loops = await Task.WhenAll(asking);

        loops.Distinct().Should().ContainSingle();
        journal.Opened.Should().Be(1);
    }

    [Test]
    public async Task An_opening_that_failed_is_told_and_tried_again_by_the_next_that_asks()
    {
        var fails = true;
        var journal = new ScriptedJournal(Given.AJournal()) { OnOpen = () => fails ? throw new IOException("No such disk.") : default };
        await using var directory = Directory(journal);

        await FluentActions.Awaiting(() => directory.FindAsync("apollo").AsTask()).Should().ThrowAsync<IOException>();
        fails = false;

        (await directory.FindAsync("apollo")).Should().NotBeNull();
    }

    [Test]
    public async Task One_that_opens_while_an_earlier_failure_is_still_being_told_is_not_forgotten()
    {
        var fails = true;
        var journal = new ScriptedJournal(Given.AJournal()) { OnOpen = async () => { await Task.Yield(); if (fails) throw new IOException("No such disk."); } };
        var opened = new TaskCompletionSource<ProjectLoop?>();
        ProjectDirectory directory = null!;
        directory = Directory(journal, onError: () =>
        {
            // Another connection, right now: it gets the same failure, and then tries again.
            FluentActions.Awaiting(() => directory.FindAsync("apollo").AsTask()).Should().ThrowAsync<IOException>().GetAwaiter().GetResult();
            fails = false;
            opened.SetResult(Task.Run(() => directory.FindAsync("apollo").AsTask()).GetAwaiter().GetResult());
        });

        await FluentActions.Awaiting(() => directory.FindAsync("apollo").AsTask()).Should().ThrowAsync<IOException>();

        var there = await opened.Task.WaitAsync(TimeSpan.FromSeconds(20));
        for (var i = 0; i < 1000; i++) // the first failure is told to its end meanwhile
        {
            (await directory.FindAsync("apollo")).Should().BeSameAs(there);
            await Task.Yield();
        }
        await directory.DisposeAsync();
    }

    [Test]
    public async Task After_a_fault_the_next_that_asks_opens_anew_and_the_state_is_back()
    {
        var (memory, fails) = (Given.AJournal(), false);
        var journal = new ScriptedJournal(memory) { OnAppend = _ => fails ? throw new IOException("The disk is on fire.") : default };
        await using var directory = Directory(journal);
        var loop = (await directory.FindAsync("apollo"))!;
        var ann = new Guest("ann");
        await loop.BringAsync(new Inbound.Enter(ann.Member, ann.Session, Given.Join()), CancellationToken.None);
        await loop.BringAsync(new Inbound.Submit(ann.Member, 1, Given.Create("a")), CancellationToken.None);
        await ann.HearAsync<ServerMessage.Happened>();

        fails = true;
        await loop.BringAsync(new Inbound.Submit(ann.Member, 2, Given.Create("b")), CancellationToken.None);
        (await ann.Ended).Should().Be(CloseCode.ServerFault);
        fails = false;

        var again = await NextLoopAsync(directory, loop);
        var bob = new Guest("bob");
        await again.BringAsync(new Inbound.Enter(bob.Member, bob.Session, Given.Join()), CancellationToken.None);
        (await again.LookAsync(bob.Member, CancellationToken.None))!.Entities.Keys.Should().Equal("a");
    }

    [Test]
    public async Task Stopping_ends_every_loop()
    {
        var directory = Directory(Given.AJournal());
        var loop = (await directory.FindAsync("apollo"))!;

        await directory.DisposeAsync();

        (await loop.BringAsync(new Inbound.Exit(new Guest("ann").Member, null), CancellationToken.None)).Should().BeFalse();
    }

    /// <summary>The loop's end and its being forgotten are two moments.</summary>
    private static async Task<ProjectLoop> NextLoopAsync(ProjectDirectory directory, ProjectLoop ended)
    {
        while (true)
        {
            if (await directory.FindAsync("apollo") is { } found && found != ended)
                return found;
            await Task.Yield();
        }
    }

    private static ProjectDirectory Directory(IJournal journal, ProjectOptions? options = null, Action? onError = null) =>
        new(journal, options ?? new(), new(), TimeProvider.System, new ErrorLog(onError ?? (() => { })));

    private sealed class ErrorLog(Action onError) : ILogger<ProjectDirectory>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
                onError();
        }
    }
}
