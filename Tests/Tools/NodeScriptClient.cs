using System.Text;
using System.Text.Json.Nodes;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tools.Replay;

namespace EventOnly.Tests.Tools;

/// <summary>Somebody in a script whose client is the JavaScript one, in a process of Node.</summary>
internal sealed class NodeScriptClient(NodeScripts node, string name, string project, Frames frames, bool listens) : IScriptClient
{
    private readonly List<Task> _outcomes = [];
    private readonly Pulse _pulse = new();
    private JsonObject _now = [];

    public string Name => name;

    public string Project => project;

    public Frames Frames => frames;

    public bool Listens => listens;

    public bool IsCut { get; private set; }

    public string SessionId => _now["session"]?.ToString() ?? "";

    public long Seq => _now["seq"]?.GetValue<long>() ?? 0;

    /// <summary>What the process tells by itself: a frame passed, or something else may be different.</summary>
    public void Hear(JsonObject told)
    {
        if (told["frame"]?.ToString() is { } text)
            frames.Add(told["sent"]!.GetValue<bool>(), Encoding.UTF8.GetBytes(text));
        _pulse.Beat();
    }

    public async Task ConnectAsync(Uri uri, ScriptAction.Connect connect, CancellationToken ct)
    {
        var question = new JsonObject { ["url"] = uri.ToString(), ["project"] = project, ["user"] = connect.User, ["presence"] = connect.Presence?.DeepClone() };
        if (connect.User is null)
            question.Remove("user");
        if (connect.Presence is null)
            question.Remove("presence");
        if (!connect.Listen)
            question["listen"] = false;
        _now = await AskAsync("connect", question, ct);
    }

    public async Task<ProjectState> ConfirmedAsync(CancellationToken ct) => StateOf(await AskAsync("confirmed", [], ct));

    public async Task<ProjectState> AtAsync(long seq, CancellationToken ct) => StateOf(await AskAsync("at", new() { ["seq"] = seq }, ct));

    public async Task<long> ServerSeqAsync(CancellationToken ct) => (await AskAsync("head", [], ct))["seq"]!.GetValue<long>();

    public async Task SayAsync(ScriptAction.Say say, Func<string, string> sessionOf, CancellationToken ct)
    {
        var output = new Utf8Buffer();
        WireCodec.Encode(output, say.Message);
        var message = JsonNode.Parse(output.Written)!.AsObject();
        if (say.Message is ClientMessage.Broadcast { To: { } to })
            message["to"] = sessionOf(to);
        var saying = AskAsync("say", new() { ["message"] = message }, CancellationToken.None);
        if (say.Message is ClientMessage.Submit)
            _outcomes.Add(saying);
        if (say.Message is not ClientMessage.Submit || (say.Waits && !IsCut))
            await saying.WaitAsync(ct);
    }

    public async Task CutAsync(CancellationToken ct)
    {
        IsCut = true;
        await AskAsync("cut", [], ct);
    }

    public async Task HealAsync(CancellationToken ct)
    {
        IsCut = false;
        await AskAsync("heal", [], ct);
    }

    public async Task<bool> ResendAsync(CancellationToken ct) => (await AskAsync("resend", [], ct))["resent"]!.GetValue<bool>();

    public Task MeetAsync(JsonObject expect, CancellationToken ct)
    {
        if (Expectation.OfFrame(expect) is var (types, wanted))
            return frames.WaitForAsync(types, wanted, ct);
        var entity = expect["entity"]?.ToString();
        return WaitUntilAsync(now => Expectation.Holds(entity is null ? now : now["item"], expect), entity, ct);
    }

    public string Found(JsonObject expect) => Expectation.OfFrame(expect) is null ? _now.ToJsonString() : "";

    public Task WaitUntilSyncedAsync(CancellationToken ct) => WaitUntilAsync(now => now["synced"]!.GetValue<bool>(), null, ct);

    public Task WaitForSeqAsync(long seq, CancellationToken ct) => WaitUntilAsync(now => now["seq"]!.GetValue<long>() >= seq, null, ct);

    public Task SettleAsync(CancellationToken ct) => Task.WhenAll(_outcomes).WaitAsync(ct);

    public async ValueTask DisposeAsync() => await AskAsync("disconnect", [], CancellationToken.None);

    private async Task WaitUntilAsync(Func<JsonObject, bool> holds, string? entity, CancellationToken ct)
    {
        while (true)
        {
            var next = _pulse.Next;
            var question = new JsonObject();
            if (entity is not null)
                question["entity"] = entity;
            _now = await AskAsync("now", question, ct);
            if (holds(_now))
                return;
            await next.WaitAsync(ct);
        }
    }

    private Task<JsonObject> AskAsync(string act, JsonObject question, CancellationToken ct) => node.AskAsync(name, act, question, ct);

    private static ProjectState StateOf(JsonObject told)
    {
        var state = ProjectState.FromSnapshot(told["seq"]!.GetValue<long>(), told["entities"]!.AsArray().Select(item => new Entity(
            item!["id"]!.ToString(), item["kind"]!.ToString(), item["version"]!.GetValue<long>(), JsonFields.Parse(Encoding.UTF8.GetBytes(item["data"]!.ToJsonString())))));
        return state.Hash.ToString() == told["hash"]!.ToString() ? state
            : throw new ScriptException($"The JavaScript client tells the hash {told["hash"]} for a state of the hash {state.Hash}.");
    }
}
