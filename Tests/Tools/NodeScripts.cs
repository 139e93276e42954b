using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using EventOnly.Tests.Support;
using EventOnly.Tools.Replay;

namespace EventOnly.Tests.Tools;

/// <summary>A process of Node that hosts the JavaScript clients of scripts: Tests/Web/conformance.js is the other end.</summary>
internal sealed class NodeScripts : IAsyncDisposable
{
    private readonly Process _node;
    private readonly Task _reading;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonObject>> _questions = new();
    private readonly ConcurrentDictionary<string, NodeScriptClient> _clients = new(StringComparer.Ordinal);
    private int _lastId;

    public NodeScripts()
    {
        _node = Process.Start(new ProcessStartInfo("node", ["conformance.js"])
        {
            WorkingDirectory = Repository.PathOf("Tests", "Web"), UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(false), StandardOutputEncoding = Encoding.UTF8,
        })!;
        _node.StandardInput.AutoFlush = true;
        _reading = ReadAsync();
    }

    /// <summary>Connects somebody, as <see cref="RunnerOptions.Connect"/> wants it.</summary>
    public async Task<IScriptClient> ConnectAsync(Uri uri, ScriptAction.Connect connect, string project, Frames frames, Random random, CancellationToken ct)
    {
        var client = new NodeScriptClient(this, Interlocked.Increment(ref _lastId).ToString(CultureInfo.InvariantCulture), project, frames, connect.Listen);
        _clients[client.Name] = client;
        await client.ConnectAsync(uri, connect, ct);
        return client;
    }

    public async Task<JsonObject> AskAsync(string client, string act, JsonObject question, CancellationToken ct)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = _questions[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        (question["id"], question["as"], question["do"]) = (id, client, act);
        await _writing.WaitAsync(ct);
        try
        {
            await _node.StandardInput.WriteAsync(question.ToJsonString() + "\n");
        }
        finally
        {
            _writing.Release();
        }
        var told = await answer.Task.WaitAsync(ct);
        return told["error"] is { } error ? throw new ScriptException($"The JavaScript client: {error}") : told;
    }

    private async Task ReadAsync()
    {
        while (await _node.StandardOutput.ReadLineAsync() is { } line)
        {
            var told = JsonNode.Parse(line)!.AsObject();
            if (told["id"]?.GetValue<int>() is { } id && _questions.TryRemove(id, out var question))
                question.SetResult(told);
            else if (_clients.TryGetValue(told["as"]!.ToString(), out var client))
                client.Hear(told);
        }
        foreach (var question in _questions.Values)
            question.TrySetException(new ScriptException("The process that hosts the JavaScript clients has ended."));
    }

    public async ValueTask DisposeAsync()
    {
        _node.Kill();
        await _reading;
        await _node.WaitForExitAsync();
        _node.Dispose();
        _writing.Dispose();
    }
}
