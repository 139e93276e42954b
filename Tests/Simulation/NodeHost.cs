using System.Diagnostics;
using System.Text;
using System.Text.Json;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Simulation;

/// <summary>A process of Node that hosts JavaScript clients: a line of JSON in, a line of JSON out. Not for two threads at once.</summary>
internal sealed class NodeHost : IDisposable
{
    private readonly Process _node;

    public NodeHost()
    {
        _node = Process.Start(new ProcessStartInfo("node", ["world-host.js"])
        {
            WorkingDirectory = Repository.PathOf("Tests", "Web"), UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(false), StandardOutputEncoding = Encoding.UTF8,
        })!;
        _node.StandardInput.AutoFlush = true;
    }

    /// <summary>Begins a new world: no client is left.</summary>
    public void Clear() => Ask("""{"do":"clear"}""");

    /// <summary>Says a line and waits for the answer to it.</summary>
    public JsonElement Ask(string line)
    {
        _node.StandardInput.Write(line + "\n");
        var answer = _node.StandardOutput.ReadLine() ?? throw new AssertionException("The process that hosts the JavaScript clients has ended: its errors are above.");
        using var document = JsonDocument.Parse(answer);
        return document.RootElement.TryGetProperty("error", out var error) ? throw new AssertionException(error.GetString()!) : document.RootElement.Clone();
    }

    /// <summary>It ends when nobody says anything more.</summary>
    public void Dispose()
    {
        _node.StandardInput.Close();
        if (!_node.WaitForExit(TimeSpan.FromSeconds(10)))
            _node.Kill();
        _node.Dispose();
    }
}
