using EventOnly.Tests.Support;

namespace EventOnly.Tests.Proofs;

/// <summary>A subscriber that notes all it sees, and comes back with the position it has: after every so many events, and after a lost line.</summary>
internal sealed class Watcher(string name, string project = "apollo", int eventsALine = 50)
{
    private readonly string _secret = Guid.NewGuid().ToString("n");
    private readonly List<Watch> _watches = [];
    private (string Epoch, long Seq)? _position;

    public IReadOnlyList<Watch> Watches => _watches;

    public int Resumptions => _watches.Count(watch => watch.Resumed);

    /// <summary>Watches until the server is gone; what ends it then is not of interest.</summary>
    public async Task WatchAsync(int port, Func<bool> isGone)
    {
        try
        {
            while (true)
                await WatchLineAsync(port);
        }
        catch (Exception lost) when (isGone() && lost is not OutOfMemoryException)
        {
            // The server was killed, perhaps in the middle of a frame. What was heard before is noted.
        }
    }

    private async Task WatchLineAsync(int port)
    {
        await using var client = await RawClient.DialAsync(port);
        await client.UpgradeAsync();
        await client.IntroduceAsync(name);
        var since = _position is { } position ? $$$""","since":{"epoch":"{{{position.Epoch}}}","seq":{{{position.Seq}}}}""" : "";
        var joined = await client.JoinAsync(project, since, _secret);
        var resumed = _position is not null && joined.Flag("recovered");
        var after = resumed ? _position!.Value.Seq : client.Transcript.FindLast(heard => heard.Type == "snapshot")!.Number("seq");
        var heard = new List<Noted>();
        _watches.Add(new(after, resumed, heard));
        for (_position = (joined.Word("epoch")!, after); heard.Count < eventsALine; _position = (_position.Value.Epoch, heard[^1].Seq))
        {
            var happened = await client.HearAsync("create");
            heard.Add(new(happened.Number("seq"), happened.Word("session")!, happened.Number("n")));
        }
    }
}
