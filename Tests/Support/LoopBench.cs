using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Support;

/// <summary>A <see cref="ProjectLoop"/> that runs over a journal, and guests that speak to it as connections do. Disposing stops and awaits it.</summary>
internal sealed class LoopBench : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    private LoopBench(ProjectLoop loop) => Loop = loop;

    public ProjectLoop Loop { get; }

    /// <summary>Completes when the loop has ended by itself.</summary>
    public Task Ended => _running.WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>Opens the loop but does not run it: what is brought now is one turn.</summary>
    public static async Task<LoopBench> OpenAsync(
        IJournal journal, ProjectOptions? options = null, JournalOptions? keeping = null, TimeProvider? time = null, ILogger? logger = null, ServerMetrics? metrics = null) => new(await ProjectLoop.OpenAsync(
        Given.ProjectId, journal, options ?? new(), keeping ?? new(), time ?? TimeProvider.System, logger ?? NullLogger.Instance, metrics ?? ServerMetrics.Unwatched, CancellationToken.None));

    public static async Task<LoopBench> RunAsync(
        IJournal journal, ProjectOptions? options = null, JournalOptions? keeping = null, TimeProvider? time = null, ILogger? logger = null, ServerMetrics? metrics = null)
    {
        var bench = await OpenAsync(journal, options, keeping, time, logger, metrics);
        bench.Run();
        return bench;
    }

    public void Run() => _running = Task.Run(() => Loop.RunAsync(_stopping.Token));

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Ended;
    }

    /// <summary>Brings a guest in; with a running loop, waits for its <c>joined</c>.</summary>
    public async Task<Guest> EnterAsync(string name, ClientMessage.Join? request = null, string? session = null)
    {
        var guest = await BringInAsync(name, request, session);
        await guest.HearAsync<ServerMessage.Joined>();
        return guest;
    }

    public async Task<Guest> BringInAsync(string name, ClientMessage.Join? request = null, string? session = null)
    {
        var guest = new Guest(name, session);
        await BringAsync(new Inbound.Enter(guest.Member, guest.Session, request ?? Given.Join()));
        return guest;
    }

    public Task SubmitAsync(Guest from, long n, Command command) => BringAsync(new Inbound.Submit(from.Member, n, command));

    public async Task BringAsync(Inbound inbound) => (await Loop.BringAsync(inbound, CancellationToken.None)).Should().BeTrue();

    /// <summary>The state after all that was brought before.</summary>
    public async Task<ProjectState> LookAsync(Guest guest) => (await Loop.LookAsync(guest.Member, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20)))!;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }
}
