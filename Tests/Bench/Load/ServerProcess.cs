using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace EventOnly.Tests.Bench.Load;

/// <summary>A server that is measured: a process of its own on a core of its own. Whatever happens to this process, it ends.</summary>
internal sealed class ServerProcess : IDisposable
{
    /// <summary>Servers run here, the load on the last core.</summary>
    private const int ServerCore = 0;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly HashSet<ServerProcess> s_running = [];
    private static readonly Lock s_lock = new();

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    /// <param name="command">The program and its arguments. It says in one line that it is ready, with its port behind the last colon that has one.</param>
    /// <exception cref="IOException">It does not start.</exception>
    public ServerProcess(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        var (said, errors) = (new BlockingCollection<string>(), new StringBuilder());
        var began = Stopwatch.GetTimestamp();
        lock (s_lock)
        {
            ThrowIfEnding(); // else it would be started behind the back of who ends all
            _process = StartPinned(start);
            s_running.Add(this);
        }
        // Both are read to the end: once a pipe is full, the server would stand still.
        _process.OutputDataReceived += (_, line) =>
        {
            said.Add(line.Data ?? "");
            _lines.Enqueue(line.Data ?? "");
        };
        _process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var isReady = said.TryTake(out var ready, s_patience) && PortIn(ready) is not null;
        StartTime = Stopwatch.GetElapsedTime(began);
        if (!isReady)
        {
            Dispose();
            throw new IOException($"{string.Join(' ', command)} does not start: {ready} {errors}");
        }
        Port = PortIn(ready!)!.Value;
    }

    public int Port { get; }

    /// <summary>From its start to the line that says it is ready.</summary>
    public TimeSpan StartTime { get; }

    /// <summary>How many such lines it has said by now.</summary>
    public int Said(Func<string, bool> isMeant) => _lines.Count(isMeant);

    public TimeSpan CpuTime => Libc.CpuTimeOf(_process.Id);

    /// <summary>Memory it holds, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{_process.Id}/smaps_rollup").First(line => line.StartsWith("Rss:", StringComparison.Ordinal));
            return long.Parse(line["Rss:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
        }
    }

    /// <summary>Whether this process is being ended: then what goes wrong is no finding.</summary>
    public static bool IsEnding { get; private set; }

    public static void ThrowIfEnding()
    {
        if (IsEnding)
            throw new OperationCanceledException("The bench is being ended.");
    }

    /// <summary>Ends all that run, and lets none be started: for the moment when this process itself is ended.</summary>
    public static void EndAll()
    {
        lock (s_lock)
        {
            IsEnding = true;
            foreach (var server in s_running)
                server.Kill();
        }
    }

    public void Dispose()
    {
        lock (s_lock)
            s_running.Remove(this);
        Kill();
        _process.WaitForExit(s_patience);
        _process.Dispose();
    }

    /// <summary>The process inherits the core of the thread that starts it, from its first instruction on: what counts its cores counts one.</summary>
    private static Process StartPinned(ProcessStartInfo start)
    {
        Libc.TryPin(ServerCore);
        try
        {
            return Process.Start(start) ?? throw new IOException($"{start.FileName} does not start.");
        }
        finally
        {
            Libc.TryPin(LoadThread.Core);
        }
    }

    /// <summary>It holds nothing that must be saved.</summary>
    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    /// <summary>EventOnly says <c>…Page: http://localhost:8080  Socket: …/ws …</c>, the others <c>ready :8080</c>.</summary>
    private static int? PortIn(string line)
    {
        for (var at = line.LastIndexOf(':'); at >= 0; at = at == 0 ? -1 : line.LastIndexOf(':', at - 1))
        {
            var digits = line[(at + 1)..].TakeWhile(char.IsAsciiDigit).ToArray();
            if (digits.Length > 0)
                return int.Parse(digits, CultureInfo.InvariantCulture);
        }
        return null;
    }
}
