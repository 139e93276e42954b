using System.Text;
using System.Text.Json.Nodes;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Replay;

/// <summary>Somebody in a script: the C# client, what it saw, and what it still waits for.</summary>
internal sealed class ScriptClient : IScriptClient
{
    private readonly EventOnlyClient _client;
    private readonly List<Task> _outcomes = [];

    private ScriptClient(EventOnlyClient client, string project, Frames frames, bool listens) =>
        (_client, Project, Frames, Listens) = (client, project, frames, listens);

    public string Project { get; }

    public Frames Frames { get; }

    public bool Listens { get; }

    public bool IsCut { get; private set; }

    public string SessionId => _client.SessionId;

    public long Seq => _client.Seq;

    public Task<ProjectState> ConfirmedAsync(CancellationToken ct) => Task.FromResult(_client.Store.Confirmed);

    public static async Task<IScriptClient> ConnectAsync(Uri uri, ScriptAction.Connect connect, string project, Frames frames, Random random, CancellationToken ct)
    {
        var client = await EventOnlyClient.ConnectAsync(uri, new ClientOptions
        {
            Project = project, UserName = connect.User, Listen = connect.Listen, OnFrame = frames.Add, Random = random,
            Presence = connect.Presence is null ? null : JsonFields.Parse(Encoding.UTF8.GetBytes(connect.Presence.ToJsonString())),
        }, ct);
        return new ScriptClient(client, project, frames, connect.Listen);
    }

    public async Task SayAsync(ScriptAction.Say say, Func<string, string> sessionOf, CancellationToken ct)
    {
        switch (say.Message)
        {
            case ClientMessage.Submit { Command: var command }:
                if (Listens && command is Command.Edit { Base: var seen })
                    await _client.WaitForSeqAsync(seen, ct); // it is about the text as it is there
                var outcome = OutcomeAsync(_client.SubmitAsync(command, CancellationToken.None));
                _outcomes.Add(outcome);
                if (say.Waits && !IsCut)
                    await outcome.WaitAsync(ct);
                break;
            case ClientMessage.Broadcast m:
                _client.Broadcast(m.Topic, m.Data, m.To is null ? null : sessionOf(m.To));
                break;
            case ClientMessage.SetPresence m:
                _client.SetPresence(m.Data);
                break;
            case ClientMessage.Ask m:
                await OutcomeAsync(_client.QueryAsync(m.Query, ct));
                break;
            case ClientMessage.Validate m:
                await OutcomeAsync(_client.ValidateAsync(m.Command, ct));
                break;
        }
    }

    public async Task CutAsync(CancellationToken ct)
    {
        IsCut = true;
        _client.Cut();
        await _client.WaitForStateAsync(ConnectionState.Reconnecting, ct);
    }

    public Task HealAsync(CancellationToken ct)
    {
        IsCut = false;
        _client.Heal();
        return Task.CompletedTask;
    }

    public Task<bool> ResendAsync(CancellationToken ct)
    {
        ClientMessage? message = null;
        return Task.FromResult(Frames.LastCommand is { } frame
            && new WireCodec(WireLimits.Default).TryDecode(Encoding.UTF8.GetBytes(frame), out message, out _) && _client.TrySay(message!));
    }

    public Task MeetAsync(JsonObject expect, CancellationToken ct)
    {
        if (Expectation.OfFrame(expect) is var (types, wanted))
            return Frames.WaitForAsync(types, wanted, ct);
        return expect.ContainsKey("state")
            ? _client.WaitUntilAsync(() => Expectation.Holds(StateNow(), expect), ct)
            : _client.WaitUntilAsync(() => Expectation.Holds(EntityNow(expect["entity"]!.ToString()), expect), ct);
    }

    public string Found(JsonObject expect) =>
        Expectation.OfFrame(expect) is not null ? "" : (expect.ContainsKey("state") ? StateNow() : EntityNow(expect["entity"]!.ToString())).ToJsonString();

    public Task WaitUntilSyncedAsync(CancellationToken ct) => _client.WaitUntilSyncedAsync(ct);

    public Task WaitForSeqAsync(long seq, CancellationToken ct) => _client.WaitForSeqAsync(seq, ct);

    public async Task<long> ServerSeqAsync(CancellationToken ct) => (await _client.QueryAsync(new Query { Limit = 1 }, ct)).Seq;

    /// <summary>The server's own state at a position.</summary>
    public Task<ProjectState> AtAsync(long seq, CancellationToken ct) => _client.ServerStateAtAsync(seq, ct);

    public Task SettleAsync(CancellationToken ct) => Task.WhenAll(_outcomes).WaitAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await _client.DisconnectAsync();
        await _client.DisposeAsync();
    }

    private JsonObject StateNow() => new()
    {
        ["state"] = _client.State.ToString().ToLowerInvariant(),
        ["resume"] = _client.LastResume?.Mode.ToString().ToLowerInvariant(),
        ["missed"] = _client.LastResume?.Missed,
        ["pending"] = _client.PendingCount,
    };

    private JsonObject EntityNow(string id) => _client.Store.Get(id) is { } entity
        ? new() { ["entity"] = id, ["gone"] = false, ["kind"] = entity.Kind, ["version"] = entity.Version, ["data"] = JsonNode.Parse(entity.Data.ToString()) }
        : new() { ["entity"] = id, ["gone"] = true };

    private static async Task OutcomeAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (EventOnlyException outcome) when (outcome is RejectedException or ClosedException)
        {
            // The frames have it: see SayAsync.
        }
    }
}
