using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace EventOnly.Tests.Support;

/// <summary>The server as a process of its own, as people run it. Disposing kills it.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    /// <summary>Only a server that never starts, or never ends, takes longer.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task _reading;

    private RunningServer(Process process, int port)
    {
        (_process, Port) = (process, port);
        _reading = ReadAsync();
    }

    public int Port { get; }

    public int Id => _process.Id;

    public bool IsRunning => !_process.HasExited;

    /// <summary>What it logged, one line each.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    /// <param name="data">Its data folder.</param>
    public static async Task<RunningServer> StartAsync(string data, params string[] settings)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "EventOnly.Server.dll"), "--port", "0", "--data", data, "--log", "Error", .. settings];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        var ready = await process.StandardOutput.ReadLineAsync().WaitAsync(s_patience);
        ready.Should().Contain("Page: ", "the server starts");
        return new(process, new Uri(ready!.Split("Page: ")[1].Split(' ')[0]).Port);
    }

    public async Task<RawClient> ConnectAsync(string user = "ann")
    {
        var client = await RawClient.DialAsync(Port);
        await client.UpgradeAsync();
        await client.IntroduceAsync(user);
        return client;
    }

    public async Task<RawClient> JoinAsync(string user = "ann", string project = "apollo")
    {
        var client = await ConnectAsync(user);
        await client.JoinAsync(project);
        return client;
    }

    /// <summary>Ends it without a warning (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    /// <summary>Asks it to end (SIGTERM), as supervisors do.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync().WaitAsync(s_patience);
        kill.ExitCode.Should().Be(0);
    }

    /// <summary>Waits for its end; its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(s_patience);
        await _reading.WaitAsync(s_patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
            await KillAsync();
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
            Log.Enqueue(line);
    }
}
