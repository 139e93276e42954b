using EventOnly.Client;
using EventOnly.Protocol.State;

namespace EventOnly.Tools.Tail;

/// <summary>
/// The events of a project from a position on, each once and in order: first those of the past, then those that happen. Where the line or a slow
/// reader leaves a hole, the past fills it. What the past no longer has, and that it is another past, is told.
/// </summary>
/// <param name="give">Gets each event.</param>
/// <param name="onHole">Told what cannot be given, for people; may throw to end it.</param>
/// <param name="onWait">Told, for people, that the server cannot answer just now and will be asked again.</param>
internal sealed class EventFeed(EventOnlyClient client, Action<ProjectEvent> give, Action<string> onHole, Action<string> onWait)
{
    private string _epoch = "";
    private long _next;

    /// <param name="from">The first seq wanted; 0 for the first there is, null for what happens from now on.</param>
    /// <param name="to">The last seq wanted; null for no end.</param>
    /// <param name="follows">Whether to go on with what happens; else it ends where the journal ends now.</param>
    public async Task RunAsync(long? from, long? to, bool follows, CancellationToken ct)
    {
        (_epoch, _next) = (client.Epoch, from is > 0 ? from.Value : from is 0 ? client.Floor + 1 : client.Seq + 1);
        while (true)
        {
            try
            {
                using var heard = client.EventsAsync(); // before the position is looked at: what comes after that is heard, what came before is read
                NoticeEpoch();
                var last = Math.Min(client.Seq, to ?? long.MaxValue);
                if (_next <= last)
                    await Patience.AskAsync(() => ReadAsync(follows ? to : last, ct), onWait, ct); // who follows reads on to the present; what is heard meanwhile and read too is given once
                if (client.Epoch == _epoch && (!follows || _next > to || await HearAsync(heard, to, ct)))
                    return;
            }
            catch (EventOnlyException hole) when (hole is SubscriberTooSlowException or EventsMissedException or OfflineException)
            {
                await client.WaitForStateAsync(ConnectionState.Connected, ct);
            }
        }
    }

    private async Task ReadAsync(long? last, CancellationToken ct)
    {
        var asked = client.Seq;
        await foreach (var happened in client.HistoryAsync(_next, last, ct))
        {
            if (client.Epoch != _epoch)
                return; // the line broke between two pages, and this one is of another journal
            PassOver(happened.Seq);
            Give(happened);
        }
        if (client.Epoch == _epoch)
            PassOver(Math.Min(client.Floor, last ?? asked) + 1); // nothing came, for nothing is kept
    }

    /// <summary>What lies before an event and was not given is no longer kept.</summary>
    private void PassOver(long seq)
    {
        if (seq <= _next)
            return;
        onHole($"The events {_next} to {seq - 1} are no longer kept.");
        _next = seq;
    }

    /// <summary>True at the end; false where there is a hole, or another journal.</summary>
    private async Task<bool> HearAsync(Subscription<ProjectEvent> heard, long? to, CancellationToken ct)
    {
        await foreach (var happened in heard.WithCancellation(ct))
        {
            if (client.Epoch != _epoch || happened.Seq > _next)
                return false;
            if (happened.Seq == _next)
                Give(happened);
            if (_next > to)
                return true;
        }
        return true;
    }

    private void Give(ProjectEvent happened)
    {
        give(happened);
        _next = happened.Seq + 1;
    }

    private void NoticeEpoch()
    {
        if (client.Epoch == _epoch)
            return;
        (_epoch, _next) = (client.Epoch, client.Floor + 1);
        onHole($"The project has another journal now (epoch {_epoch}, at event {client.Seq}): it was repaired, or begun anew. Its events follow, from event {_next} on.");
    }
}
