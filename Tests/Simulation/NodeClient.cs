using System.Text;
using System.Text.Json;

namespace EventOnly.Tests.Simulation;

/// <summary>
/// The JavaScript client, whole, in a process of Node, with a socket, a clock and chance of this world. What it says goes on the line here; what it
/// hears goes there. Tests/Web/world-host.js is the other end.
/// </summary>
internal sealed class NodeClient : ISimulatedClient
{
    private readonly NodeHost _host;
    private readonly Random _random; // for the line only: what is sent twice
    private long _seq;
    private bool _isSynced;

    public NodeClient(string name, NodeHost host, int seed, bool isForgetful, Style style = Style.Mixed)
    {
        (Name, _host, _random) = (name, host, new(seed));
        Ask("add", ("seed", seed), ("forgetful", isForgetful), ("ballot", World.Ballot), ("style", style.ToString()));
    }

    public string Name { get; }

    public SimulatedLine? Line { get; private set; }

    public bool IsAtRest(long seq) => _isSynced && _seq == seq;

    public void Connect()
    {
        Line = new();
        Ask("connect");
    }

    public void Cut()
    {
        if (Line is null)
            return;
        Ask("cut", ("torn", Line.IsTorn));
        Line = null;
    }

    public void NoticeSilence() => Ask("silence");

    public void Submit(int chance) => Ask("submit", ("chance", chance));

    public void Write(int chance) => Ask("write", ("chance", chance));

    /// <summary>It sends by itself.</summary>
    public void Flush(int chance)
    {
    }

    public void ReleaseHeld() => Ask("pass", ("ms", 120));

    public void Hear(IReadOnlyList<byte[]> messages)
    {
        if (messages.Count > 0)
            Ask("hear", ("frames", messages.Select(Encoding.UTF8.GetString).ToArray()));
    }

    public RestReport Report()
    {
        var report = Ask("report");
        return new(
            Text("hash"), Text("view"), Number("asked"), Number("answered"), Number("votes"), Texts("markers"), Number("socketsAtOnce"), Texts("troubles"),
            Texts("adventures"))
        {
            Typed = TextsOrNone("typed"), Refused = TextsOrNone("refused"),
        };

        string Text(string name) => report.GetProperty(name).GetString()!;
        int Number(string name) => report.GetProperty(name).GetInt32();
        string[] TextsOrNone(string name) => report.TryGetProperty(name, out _) ? Texts(name) : [];
        string[] Texts(string name) => [.. report.GetProperty(name).EnumerateArray().Select(item => item.GetString()!)];
    }

    private JsonElement Ask(string act, params (string Name, object Value)[] more)
    {
        var question = more.ToDictionary(each => each.Name, each => each.Value, StringComparer.Ordinal);
        (question["as"], question["do"]) = (Name, act);
        var answer = _host.Ask(JsonSerializer.Serialize(question));
        (_seq, _isSynced) = (answer.GetProperty("seq").GetInt64(), answer.GetProperty("synced").GetBoolean());
        foreach (var said in answer.GetProperty("said").EnumerateArray())
            Say(Encoding.UTF8.GetBytes(said.GetString()!));
        if (!answer.GetProperty("open").GetBoolean())
            Line = null;
        return answer;
    }

    private void Say(byte[] text)
    {
        Line?.Say(text);
        if (_random.Next(20) == 0 && text.AsSpan().IndexOf("\"n\":"u8) > 0)
            Line?.Say(text);
    }
}
