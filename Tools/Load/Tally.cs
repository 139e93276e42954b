using System.Collections.Concurrent;

namespace EventOnly.Tools.Load;

/// <summary>What is counted while a load runs, by many threads.</summary>
internal sealed class Tally
{
    private long _acknowledged, _broadcastsHeard, _broadcastsSent, _broadcastsSkipped, _caughtUp, _connected, _deliveries, _opened, _received, _resumed, _resynced, _retried, _sent, _slowDeliveries, _verifiedFolding, _verifiedMembers, _verifiedProjects;

    /// <summary>Why connections ended that we did not end, and how often: the words of docs/wire.md section 7, or <c>lost</c>.</summary>
    public ConcurrentDictionary<string, long> Ends { get; } = new(StringComparer.Ordinal);

    /// <summary>Commands that were refused, for now or for ever, by the word of the reason.</summary>
    public ConcurrentDictionary<string, long> Rejects { get; } = new(StringComparer.Ordinal);

    /// <summary>Members in their project just now.</summary>
    public long Connected => Volatile.Read(ref _connected);

    public long Opened => Volatile.Read(ref _opened);

    /// <summary>Joins that went on where the member stood.</summary>
    public long Resumed => Volatile.Read(ref _resumed);

    /// <summary>Joins of a member that stood somewhere, answered by a snapshot.</summary>
    public long Resynced => Volatile.Read(ref _resynced);

    /// <summary>Commands, each once.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Commands sent again: after a reconnect, or because the server asked for it.</summary>
    public long Retried => Volatile.Read(ref _retried);

    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>All that the schedule planned and that was done.</summary>
    public long PlannedDone => Sent + BroadcastsSent + BroadcastsSkipped;

    public long BroadcastsSent => Volatile.Read(ref _broadcastsSent);

    /// <summary>Broadcasts that were due while their publisher was not connected.</summary>
    public long BroadcastsSkipped => Volatile.Read(ref _broadcastsSkipped);

    public long BroadcastsHeard => Volatile.Read(ref _broadcastsHeard);

    /// <summary>Members whose stream was compared with what the server has, of them those whose state was, and their projects.</summary>
    public (long Members, long Folded, long Projects) Verified => (Volatile.Read(ref _verifiedMembers), Volatile.Read(ref _verifiedFolding), Volatile.Read(ref _verifiedProjects));

    /// <summary>Events heard, by all members together.</summary>
    public long Deliveries => Volatile.Read(ref _deliveries);

    /// <summary>Of them, those by members that read slowly.</summary>
    public long SlowDeliveries => Volatile.Read(ref _slowDeliveries);

    /// <summary>Of them, those that happened before the member came back.</summary>
    public long CaughtUp => Volatile.Read(ref _caughtUp);

    /// <summary>Bytes of messages.</summary>
    public long ReceivedBytes => Volatile.Read(ref _received);

    public void CountOpened() => Interlocked.Increment(ref _opened);

    public void CountJoined(bool isFirst, bool isRecovered)
    {
        Interlocked.Increment(ref _connected);
        if (isRecovered)
            Interlocked.Increment(ref _resumed);
        else if (!isFirst)
            Interlocked.Increment(ref _resynced);
    }

    public void CountLeft() => Interlocked.Decrement(ref _connected);

    public void CountEnd(string code) => Ends.AddOrUpdate(code, 1, (_, count) => count + 1);

    public void CountReject(string code) => Rejects.AddOrUpdate(code, 1, (_, count) => count + 1);

    public void CountVerifiedMember() => Interlocked.Increment(ref _verifiedMembers);

    public void CountVerifiedState() => Interlocked.Increment(ref _verifiedFolding);

    public void CountVerifiedProject() => Interlocked.Increment(ref _verifiedProjects);

    public void CountSent() => Interlocked.Increment(ref _sent);

    public void CountRetried(int count) => Interlocked.Add(ref _retried, count);

    public void CountAcknowledged() => Interlocked.Increment(ref _acknowledged);

    public void CountBroadcast(bool isSent) => Interlocked.Increment(ref isSent ? ref _broadcastsSent : ref _broadcastsSkipped);

    public void CountHeardBroadcast() => Interlocked.Increment(ref _broadcastsHeard);

    public void CountReceived(int bytes) => Interlocked.Add(ref _received, bytes);

    public void CountDelivery(bool isSlow, bool isCaughtUp)
    {
        Interlocked.Increment(ref _deliveries);
        if (isSlow)
            Interlocked.Increment(ref _slowDeliveries);
        if (isCaughtUp)
            Interlocked.Increment(ref _caughtUp);
    }
}
