using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>Who else is here, and what they see of us.</summary>
public sealed partial class EventOnlyClient
{
    private readonly PresencePacer _pacer;
    private readonly long _began;
    private ImmutableSortedDictionary<string, PresentMember> _toldOthers = Members.None;
    private ITimer? _presenceTimer;
    private bool _isStale;
    private int _breaks;

    /// <summary>Who else is here, and what they see of us.</summary>
    public Presence Presence { get; }

    /// <summary>The others that are present (the first 200), by public session id.</summary>
    public ImmutableSortedDictionary<string, PresentMember> Others => Read(() => _replica.Members);

    internal Subscriptions<PresenceNews> PresenceNews { get; }

    internal bool IsPresenceStale => Read(() => _isStale);

    /// <summary>
    /// Replaces what the others see of us: at most 2,048 bytes. <see cref="Client.Presence.SetAsync(JsonFields, CancellationToken)"/> changes only what it names.
    /// </summary>
    /// <exception cref="RejectedException"><c>too_large</c>.</exception>
    public void SetPresence(JsonFields data)
    {
        ThrowIfTooLarge(data);
        lock (_gate)
            _pacer.Set(data);
        _line.Wake();
    }

    internal void ChangePresence(JsonFields patch)
    {
        lock (_gate)
        {
            var data = (_pacer.Own ?? JsonFields.Empty).Merge(patch);
            ThrowIfTooLarge(data);
            _pacer.Set(data);
        }
        _line.Wake();
    }

    /// <summary>Only the newest presence counts, so it has a place rather than a queue. Under the lock.</summary>
    private ClientMessage.SetPresence? TakePresence()
    {
        PlaceCaret();
        var next = _pacer.Next(_options.Time.GetElapsedTime(_began), out var wait);
        if (wait is { } span)
        {
            _presenceTimer ??= _options.Time.CreateTimer(_ => _line.Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _presenceTimer.Change(span + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan); // timers may fire early by what they round off
        }
        return next is null ? null : new(_options.Project, next);
    }

    /// <summary>After what the server said of presence: tells what is different. Under the lock.</summary>
    private void TellPresence(ServerMessage heard)
    {
        if (heard is ServerMessage.Joined joined && joined.Id == _joinId)
        {
            _isStale = false;
            _pacer.Joined(joined.MemberCount);
        }
        if (_replica.Members.Count > 0)
            _pacer.Seen();
        if (!ReferenceEquals(_toldOthers, _replica.Members))
            TellOthers(_replica.Members);
    }

    private void TellOthers(ImmutableSortedDictionary<string, PresentMember> now)
    {
        var before = _toldOthers;
        _toldOthers = now;
        var news = new PresenceNews(
            [.. now.Values.Where(member => !before.ContainsKey(member.Session))], [.. before.Keys.Where(session => !now.ContainsKey(session))],
            [.. now.Values.Where(member => before.TryGetValue(member.Session, out var old) && old != member)]);
        HearCarets(news);
        if (news.Joined.Length + news.Left.Length + news.Changed.Length > 0)
            PresenceNews.Publish(news, () => new SubscriberTooSlowException(_replica.Seq));
    }

    /// <summary>The line is gone: who knows whether they are still there. Under the lock.</summary>
    private void FadePresence()
    {
        if (_isStale)
            return;
        _isStale = true;
        if (_toldOthers.Count > 0)
            PresenceNews.Publish(new([], [], [.. _toldOthers.Values]), () => new SubscriberTooSlowException(_replica.Seq));
        var thisBreak = ++_breaks;
        ITimer? timer = null;
        timer = _options.Time.CreateTimer(
            _ =>
            {
                lock (_gate)
                {
                    timer?.Dispose();
                    if (_isStale && _breaks == thisBreak)
                        ClearPresence();
                }
                _pulse.Beat();
            },
            null, _options.LostAfter, Timeout.InfiniteTimeSpan);
    }

    private void ClearPresence()
    {
        _replica.ForgetMembers();
        TellOthers(_replica.Members);
    }
}
