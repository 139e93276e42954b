using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>What is done where our state is not the server's. Under the lock.</summary>
public sealed partial class EventOnlyClient
{
    /// <summary>
    /// How often our state was found to differ from the server's, and was replaced by a snapshot. Always 0, but for a fault; <see cref="ClientOptions.OnTrouble"/>
    /// is told of each.
    /// </summary>
    public int Divergences => Read(() => _replica.Divergences);

    private void TellDivergence(ClientMessage.Diverged told)
    {
        _outbox.Enqueue(told);
        _options.OnTrouble?.Invoke(new(
            "hash_mismatch", $"The state at {told.To} hashes to {told.Hash}, the server says {told.Expected}.", new(told.From, told.To, told.Hash, told.Expected)));
    }

    private void Mend(ReplicaEffect.Heal heal)
    {
        if (heal.Ms == 0)
            Rejoin();
        else
            MendLater(heal);
    }

    private void MendLater(ReplicaEffect.Heal heal)
    {
        ITimer? timer = null;
        timer = _options.Time.CreateTimer(
            _ =>
            {
                lock (_gate)
                {
                    timer?.Dispose();
                    if (_replica.MustHeal(heal.N))
                        Rejoin();
                }
                _line.Wake();
            },
            null, TimeSpan.FromMilliseconds(heal.Ms), Timeout.InfiniteTimeSpan);
    }
}
