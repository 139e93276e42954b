using EventOnly.Client;
using EventOnly.Protocol.State;

namespace EventOnly.Tools.Tail;

/// <summary>
/// The events of a project from a position on, each once and in order: first those of the past, then those that happen. Where the line or a slow
/// reader leaves a hole, the past fills it.
/// </summary>
/// <param name="give">Gets each event.</param>
/// <param name="onHole">Told what cannot be given, for people; may throw to end it.</param>
internal sealed class EventFeed(EventOnlyClient client, Action<ProjectEvent> give, Action<string> onHole)
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
                    await ReadAsync(follows ? to : last, ct); // who follows reads on to the present; what is heard meanwhile and read too is given once
                if (!follows || _next > to || await HearAsync(heard, to, ct))
                    return;
            }
            catch (EventOnlyException hole) when (hole is SubscriberTooSlowException or EventsMissedException or OfflineException)
            {
                await client.WaitForStateAsync(ConnectionState.Connected, ct);
            }
            catch (RejectedException gone) when (gone.Code == "gone" && client.Floor >= _next)
            {
                onHole($"The events {_next} to {client.Floor} are no longer kept.");
                _next = client.Floor + 1;
            }
        }
    }

    private async Task ReadAsync(long? last, CancellationToken ct)
    {
        await foreach (var happened in client.HistoryAsync(_next, last, ct))
            Give(happened);
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
        onHole($"The project has another journal now (epoch {client.Epoch}, at event {client.Seq}): it was repaired, or begun anew.");
        (_epoch, _next) = (client.Epoch, Math.Min(_next, client.Seq + 1));
    }
}
