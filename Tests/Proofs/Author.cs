using EventOnly.Tests.Support;

namespace EventOnly.Tests.Proofs;

/// <summary>
/// A client that gives one command after the other and notes what it was told, also over the lines it loses: what it does not know the fate of
/// it sends again, under the same number.
/// </summary>
internal sealed class Author(string name, string project = "apollo")
{
    private readonly string _secret = Guid.NewGuid().ToString("n");
    private readonly Dictionary<long, Sent> _sent = [];
    private RawClient? _client;
    private long _n;

    /// <summary>Its public session id; known once it has joined.</summary>
    public string Session { get; private set; } = "";

    /// <summary>All its commands in the order they were sent first.</summary>
    public IReadOnlyList<Sent> Sent => [.. _sent.Values.OrderBy(sent => sent.N)];

    public int Acked => _sent.Values.Count(sent => sent.Fate is Fate.Done or Fate.DoneBefore);

    public async Task JoinAsync(int port, bool listen = true)
    {
        _client = await RawClient.DialAsync(port);
        await _client.UpgradeAsync();
        await _client.IntroduceAsync(name);
        await _client.JoinAsync(project, listen ? "" : ",\"listen\":false", _secret);
        Session = _client.Session;
    }

    public RawClient Client => _client ?? throw new InvalidOperationException("It has not joined yet.");

    /// <summary>Drops its line, if it has one.</summary>
    public async Task LeaveAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
    }

    /// <summary>A new command and its answer: the event, an <c>ack</c>, or a <c>reject</c>.</summary>
    /// <param name="text">What it writes, so that an event has a size.</param>
    public Task<Heard> WriteAsync(string text = "") => SendAsync(++_n, text);

    /// <summary>The command whose fate is not known once more, if there is one.</summary>
    public async Task ResendAsync()
    {
        if (_n > 0 && _sent[_n].Fate == Fate.Unknown)
            await SendAsync(_n, "");
    }

    /// <summary>The last command again, which was refused for now.</summary>
    public Task<Heard> TryAgainAsync(string text = "") => SendAsync(_n, text);

    private async Task<Heard> SendAsync(long n, string text)
    {
        _sent[n] = new(n, Fate.Unknown);
        await Client.SayAsync($$$"""{"type":"create","project":"{{{project}}}","n":{{{n}}},"entity":"{{{name}}}-{{{n}}}","kind":"card","data":{"text":"{{{text}}}"}}""");
        while (true)
        {
            var answer = await Client.NextAsync();
            if (answer.Type == "disconnect")
                throw new SentAwayException();
            if (answer.Type is "ack" or "reject" ? answer.Number("n") != n : answer.Type != "create" || answer.Word("session") != Session || answer.Number("n") != n)
                continue;
            _sent[n] = answer.Type switch
            {
                "create" => new(n, Fate.Done, answer.Number("seq")),
                "ack" when answer.Has("duplicate") => new(n, Fate.DoneBefore, answer.Number("seq")),
                "ack" => new(n, Fate.Done, answer.Number("seq")),
                _ => new(n, Fate.Refused),
            };
            return answer;
        }
    }
}

/// <summary>The server has said that it will close the connection.</summary>
internal sealed class SentAwayException() : Exception("The server has sent the client away.");
