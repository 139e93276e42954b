using System.Diagnostics;
using EventOnly.Client;

namespace EventOnly.Tools.Replay;

/// <summary>How a script is played.</summary>
internal sealed record RunnerOptions
{
    /// <summary>The project's name; null makes one that is new at each run, so that a script can be played again and again on one server.</summary>
    public string? Project { get; init; }

    /// <summary>How many times faster than written the moments (<c>at</c>) of a script pass.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>How long a line may take that does not say it.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Told of each line before it is played.</summary>
    public Action<ScriptLine>? OnLine { get; init; }

    public Random Random { get; init; } = new();

    /// <summary>How somebody connects; the C# client, unless it is another one's turn.</summary>
    public Connecting Connect { get; init; } = ScriptClient.ConnectAsync;

    /// <summary>Stops the server and starts it again, on the same address and with the same data; null where it is not ours.</summary>
    public Func<CancellationToken, Task>? Restart { get; init; }
}

/// <summary>Connects somebody to a project and waits until its state is there.</summary>
internal delegate Task<IScriptClient> Connecting(
    Uri uri, ScriptAction.Connect connect, string project, Frames frames, Random random, CancellationToken ct);

/// <summary>Plays a script against a server: line by line, each done before the next begins.</summary>
internal sealed class ScriptRunner
{
    private const int FramesShown = 20;

    private readonly Dictionary<string, IScriptClient> _clients = new(StringComparer.Ordinal);
    private readonly Script _script;
    private readonly Uri _uri;
    private readonly RunnerOptions _options;
    private readonly ProjectNames _projects;
    private readonly HashSet<string> _watched; // those of whom some line expects a frame

    private ScriptRunner(Script script, Uri uri, RunnerOptions options)
    {
        (_script, _uri, _options) = (script, uri, options);
        _projects = new(options.Random.GetHexString(8, lowercase: true));
        _watched = [.. script.Lines.Where(line => line.Expect is { } expect && Expectation.OfFrame(expect) is not null).Select(line => line.As)];
    }

    /// <summary>Plays the script to its end or to the first line that fails.</summary>
    public static async Task<Verdict> RunAsync(Script script, Uri uri, RunnerOptions? options = null, CancellationToken ct = default)
    {
        var runner = new ScriptRunner(script, uri, options ?? new());
        var clock = Stopwatch.StartNew();
        var steps = 0;
        ScriptFailure? failure = null;
        try
        {
            foreach (var line in script.Lines)
            {
                steps++;
                if (line.At is { } at && at / runner._options.Speed - clock.Elapsed is { Ticks: > 0 } early)
                    await Task.Delay(early, ct);
                runner._options.OnLine?.Invoke(line);
                failure = await runner.PlayAsync(line, ct);
                if (failure is not null)
                    break;
            }
            failure ??= await runner.EndAsync(ct);
        }
        finally
        {
            foreach (var client in runner._clients.Values)
                await client.DisposeAsync();
        }
        return new(script.Name, steps, clock.Elapsed, failure);
    }

    private async Task<ScriptFailure?> PlayAsync(ScriptLine line, CancellationToken ct)
    {
        var limit = line.Within ?? _options.StepTimeout;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(limit);
        try
        {
            if (line.Action is not null && await ActAsync(line, line.Action, deadline.Token) is { } failure)
                return failure;
            if (line.Expect is not null)
                await ClientOf(line).MeetAsync(line.Expect, deadline.Token);
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return line.Action is ScriptAction.Converge ? await WhyLateAsync(line, limit, ct) : Fail(line, Late(line, limit));
        }
        catch (Exception wrong) when (wrong is EventOnlyException or ScriptException)
        {
            return Fail(line, wrong.Message);
        }
    }

    private async Task<ScriptFailure?> ActAsync(ScriptLine line, ScriptAction action, CancellationToken ct)
    {
        switch (action)
        {
            case ScriptAction.Connect connect:
                if (_clients.ContainsKey(line.As))
                    throw new ScriptException($"{line.As} is connected already.");
                _clients[line.As] = await _options.Connect(_uri, connect, ProjectOf(connect.Project), new Frames(_watched.Contains(line.As)), new Random(_options.Random.Next()), ct);
                return null;
            case ScriptAction.Say say:
                await ClientOf(line).SayAsync(say, name => _clients.TryGetValue(name, out var other) ? other.SessionId : name, ct);
                return null;
            case ScriptAction.Cut:
                await ClientOf(line).CutAsync(ct);
                return null;
            case ScriptAction.Heal:
                await ClientOf(line).HealAsync(ct);
                return null;
            case ScriptAction.Leave:
                await ClientOf(line).DisposeAsync();
                _clients.Remove(line.As);
                return null;
            case ScriptAction.Restart:
                await (_options.Restart ?? throw new ScriptException("This server is not ours to be restarted."))(ct);
                return null;
            case ScriptAction.Resend:
                return await ClientOf(line).ResendAsync(ct) ? null : Fail(line, $"{line.As} has sent no command, or has no line.");
            case ScriptAction.Converge converge:
                return await ConvergeAsync(line, converge.Wanted, ct);
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Everybody who listens and is not cut has nothing pending, and holds what the server holds, in each project.</summary>
    private async Task<ScriptFailure?> ConvergeAsync(ScriptLine line, WantedState? wanted, CancellationToken ct)
    {
        foreach (var client in _clients.Values.Where(client => !client.IsCut))
            await client.WaitUntilSyncedAsync(ct);
        foreach (var project in Listeners.GroupBy(client => client.Value.Project))
        {
            var head = project.Max(client => client.Value.Seq);
            if (_clients.Values.Any(client => !client.Listens)) // what these have done, no listener may have heard yet
                head = Math.Max(head, await project.First().Value.ServerSeqAsync(ct));
            foreach (var (_, client) in project)
                await client.WaitForSeqAsync(head, ct);
            if (await DivergedAsync(line, project, ct, head, wanted) is { } failure)
                return failure;
        }
        return null;
    }

    /// <summary>What is different, where it can still be had; else only that it took too long.</summary>
    private async Task<ScriptFailure?> WhyLateAsync(ScriptLine line, TimeSpan limit, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(_options.StepTimeout);
        try
        {
            foreach (var project in Listeners.GroupBy(client => client.Value.Project))
            {
                if (await DivergedAsync(line, project, deadline.Token) is { } failure)
                    return failure;
            }
            return Fail(line, "Not everybody is in step in time, though the states are equal: something is still pending.");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Fail(line, $"{Late(line, limit)} Nor did the server's state come within {_options.StepTimeout.TotalMilliseconds:0} ms more, to compare.");
        }
        catch (Exception wrong) when (wrong is EventOnlyException or ScriptException)
        {
            return Fail(line, $"{Late(line, limit)} {wrong.Message}");
        }
    }

    /// <summary>The failure of the first client that differs from the server, or of the server where its state is not as wanted; null if there is none.</summary>
    private async Task<ScriptFailure?> DivergedAsync(
        ScriptLine line, IEnumerable<KeyValuePair<string, IScriptClient>> members, CancellationToken ct, long? head = null, WantedState? wanted = null)
    {
        var (first, reader) = members.First();
        var server = await reader.AtAsync(head ?? members.Max(client => client.Value.Seq), ct);
        foreach (var (name, client) in members)
        {
            var confirmed = await client.ConfirmedAsync(ct);
            string[] differences = [.. StateDifference.Between(name, confirmed, "the server", server)];
            if (differences.Length > 0 || confirmed.Hash != server.Hash)
                return Fail(line, $"{name} and the server have not converged.", name, differences);
        }
        var there = new WantedState(server.Seq, server.Entities.Count, server.Hash.ToString());
        return wanted is not null && wanted != there
            ? Fail(line, $"The server's state is another one: seq {there.Seq}, {there.Entities} entities, hash {there.Hash}.", first)
            : null;
    }

    /// <summary>At the end nothing may be left open, and no refusal may have gone unnoticed.</summary>
    private async Task<ScriptFailure?> EndAsync(CancellationToken ct)
    {
        if (_script.Lines.Count == 0)
            return null;
        var last = _script.Lines[^1];
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(_options.StepTimeout);
        foreach (var (name, client) in _clients.Where(client => !client.Value.IsCut))
        {
            try
            {
                await client.SettleAsync(deadline.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return Fail(last, $"The script has ended, and {name} still waits for an outcome.", name);
            }
            if (client.Frames.UnexpectedRejects() is [var reject, ..])
                return Fail(last, $"{name} was refused something, and no line expects it: {reject}", name);
        }
        return null;
    }

    private KeyValuePair<string, IScriptClient>[] Listeners
    {
        get
        {
            var listeners = _clients.Where(client => client.Value is { Listens: true, IsCut: false }).ToArray();
            return listeners.Length > 0 ? listeners : throw new ScriptException("Nobody is connected who could converge.");
        }
    }

    private IScriptClient ClientOf(ScriptLine line) =>
        _clients.GetValueOrDefault(line.As) ?? throw new ScriptException($"{line.As} is not connected.");

    private string ProjectOf(string? named) => _options.Project ?? _projects.IdOf(named ?? _script.Name);

    private string Late(ScriptLine line, TimeSpan limit)
    {
        var found = line.Expect is not null && _clients.TryGetValue(line.As, out var client) ? client.Found(line.Expect) : "";
        return $"Not within {limit.TotalMilliseconds:0} ms{(found.Length > 0 ? $"; there is {found}" : "")}.";
    }

    private ScriptFailure Fail(ScriptLine line, string reason, string? client = null, IReadOnlyList<string>? differences = null)
    {
        var name = client ?? line.As;
        return new(line, reason, name, _clients.GetValueOrDefault(name)?.Frames.Last(FramesShown) ?? [], differences ?? []);
    }
}
