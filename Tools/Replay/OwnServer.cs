using System.Globalization;

namespace EventOnly.Tools.Replay;

/// <summary>A server of our own that may be killed and started again: it keeps its data, in a folder that goes with it.</summary>
internal sealed class OwnServer : IAsyncDisposable
{
    private readonly FileInfo? _dll;
    private readonly DirectoryInfo _data;
    private ServerProcess _process;

    private OwnServer(FileInfo? dll, DirectoryInfo data, ServerProcess process) => (_dll, _data, _process, Uri) = (dll, data, process, process.Uri);

    public Uri Uri { get; }

    /// <exception cref="ServerException">It cannot be found, or does not start.</exception>
    public static async Task<OwnServer> StartAsync(FileInfo? dll, CancellationToken ct)
    {
        var data = Directory.CreateTempSubdirectory("eventonly-replay-");
        try
        {
            return new(dll, data, await ServerProcess.StartAsync(dll, SettingsOf(data), ct));
        }
        catch
        {
            data.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>Ends it without a word, as a crash does, and starts it again at the same address.</summary>
    public async Task RestartAsync(CancellationToken ct)
    {
        await _process.DisposeAsync();
        _process = await ServerProcess.StartAsync(_dll, [.. SettingsOf(_data), "--port", Uri.Port.ToString(CultureInfo.InvariantCulture)], ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _data.Delete(recursive: true);
    }

    // Not synced: a process that is killed loses nothing by it, and a script need not wait for the disk.
    private static string[] SettingsOf(DirectoryInfo data) => ["--data", data.FullName, "--durability", "os"];
}
