using EventOnly.Client;
using Spectre.Console;

namespace EventOnly.Tools;

/// <summary>What is shown beside the output, where somebody looks.</summary>
internal static class Terminal
{
    /// <summary>Whether the output may have colours: a terminal whose owner does not refuse them (no-color.org).</summary>
    public static bool HasColours => !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Does long work under a bar on standard error, which is gone when it is done.</summary>
    /// <param name="work">Tells how much of it is done, from 0 to 1; not from two threads at a time.</param>
    public static async Task<T> WithProgressAsync<T>(string what, bool isQuiet, Func<Action<double>, Task<T>> work)
    {
        if (isQuiet || Console.IsErrorRedirected)
            return await work(_ => { });
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(what));
                return await work(share => bar.Value = share * 100);
            });
    }

    /// <summary>A client that watches a project on a server that must be there now, and may go and come back later.</summary>
    /// <exception cref="ClosedException">There is no server, or it does not want us.</exception>
    public static Task<EventOnlyClient> WatchAsync(Uri uri, string project, string user, CancellationToken ct) =>
        EventOnlyClient.ConnectAsync(uri, new ClientOptions { Project = project, UserName = user, RetryInitialConnect = false }, ct);
}
