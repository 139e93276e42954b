using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace EventOnly.Tools.Replay;

/// <summary>A server of our own on a free port, for as long as it is needed.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const string FileName = "EventOnly.Server.dll";

    /// <summary>As it is published: a program by itself.</summary>
    private static readonly string s_programName = "EventOnly.Server" + (OperatingSystem.IsWindows() ? ".exe" : "");

    private readonly Process _process;

    private ServerProcess(Process process, Uri uri) => (_process, Uri) = (process, uri);

    public Uri Uri { get; }

    /// <summary>The processor time it has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.HasExited ? TimeSpan.Zero : _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts one that keeps nothing.</summary>
    /// <exception cref="ServerException">It cannot be found, or does not start.</exception>
    public static Task<ServerProcess> StartAsync(FileInfo? dll, CancellationToken ct) => StartAsync(dll, ["--durability", "memory"], ct);

    /// <summary>Starts it and waits until it tells its address.</summary>
    /// <param name="settings">What it is told besides its port.</param>
    /// <exception cref="ServerException">It cannot be found, or does not start.</exception>
    public static async Task<ServerProcess> StartAsync(FileInfo? dll, IEnumerable<string> settings, CancellationToken ct)
    {
        var path = dll?.FullName ?? Find() ?? throw new ServerException($"{FileName} is not here. Build the server, name it by --server-dll, or name a running one by --url.");
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var errors = new StringBuilder();
        var process = new Process { StartInfo = Start(path, settings) };
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
                address.TrySetException(new ServerException($"{path} has ended: {errors.ToString().Trim()}"));
            else if (Address().Match(line.Data) is { Success: true } found)
                address.TrySetResult(new Uri($"ws://localhost:{found.Groups["port"].Value}/ws"));
        };
        process.Start();
        // Both are read to the end: once a pipe is full, the server would stand still.
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        try
        {
            return new(process, await address.Task.WaitAsync(ct));
        }
        catch
        {
            await EndAsync(process);
            throw;
        }
    }

    private static ProcessStartInfo Start(string path, IEnumerable<string> settings)
    {
        string[] arguments = ["--port", "0", "--log", "Warning", .. settings];
        var isLibrary = path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        return new(isLibrary ? "dotnet" : path, isLibrary ? [path, .. arguments] : arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
    }

    public async ValueTask DisposeAsync() => await EndAsync(_process);

    private static async Task EndAsync(Process process)
    {
        using (process)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true); // it holds nothing that must be saved
            await process.WaitForExitAsync();
        }
    }

    /// <summary>Beside this tool, or where a build of the same configuration puts it.</summary>
    private static string? Find()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory); // …/Tools/bin/<configuration>/<framework>/
        var candidates = new List<string> { Path.Combine(output.FullName, FileName), Path.Combine(output.FullName, s_programName) };
        if (output is { Parent: { Name: var configuration, Parent.Parent.Parent: { } repository } })
            candidates.Add(Path.Combine(repository.FullName, "Server", "bin", configuration, output.Name, FileName));
        return candidates.Find(File.Exists);
    }

#pragma warning disable MA0009 // This reads what our own server says.
    [GeneratedRegex(@"http://localhost:(?<port>\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Address();
#pragma warning restore MA0009
}

/// <summary>There is no server to play against; the message says why.</summary>
internal sealed class ServerException(string message) : Exception(message);
