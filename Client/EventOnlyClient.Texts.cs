using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>Texts that several write together.</summary>
public sealed partial class EventOnlyClient
{
    private readonly Dictionary<(string Id, string Field), TextSession> _texts = [];
    private readonly Subscriptions<RefusedText> _refusedTexts;
    private readonly TextPacer _textPacer;
    private ITimer? _textTimer;
    private TextSession? _caretText; // the one text that our caret is in
    private bool _isCaretToTell;

    internal long NowMs => _options.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Opens a text that several write together: a field that was made by <c>{"$text":"…"}</c>. Opened again while it is open, it is the same one; close it
    /// as often.
    /// </summary>
    /// <exception cref="RejectedException"><c>gone</c>: there is no such text here.</exception>
    /// <exception cref="ClosedException">The client is disconnected for good.</exception>
    public TextSession OpenText(string id, string field)
    {
        lock (_gate)
        {
            if (_closed is not null)
                throw _closed;
            if (_texts.TryGetValue((id, field), out var open))
            {
                open.Opened++;
                return open;
            }
            if (_replica.TextOf(id, field) is not { } text)
                throw new RejectedException(new(ErrorCode.Gone, "There is no such text."), null);
            var session = new TextSession(this, id, field, _options.StreamItemsMax) { Text = text.Text };
            session.Peers.Begin(_replica.Seq);
            _texts.Add((id, field), session);
            HearCarets(session);
            return session;
        }
    }

    /// <summary>What we wrote to texts, open or not, and could not stay, from now on. Takes part at once, not at the first read.</summary>
    /// <remarks>Ends with <see cref="SubscriberTooSlowException"/> on a reader that is too slow.</remarks>
    public Subscription<RefusedText> RefusedTextsAsync() => _refusedTexts.Open();

    internal T UnderLock<T>(Func<T> value) => Read(value);

    internal void UnderLock(Action act)
    {
        lock (_gate)
            act();
    }

    /// <summary>Our edits of a text that are not confirmed. Under the lock.</summary>
    internal List<Delta> EditsOf(TextSession text) => [.. _replica.EditsOf(text.Id, text.Field).Select(each => each.Edit!.Delta)];

    /// <summary>Edits a text as it is seen at this moment.</summary>
    /// <param name="make">Called under the lock; null: there is nothing to do.</param>
    internal Task<Ack?> EditAsync(TextSession text, StepRole role, Func<Delta?> make, CancellationToken ct) => TakeAsync(
        "update",
        () => text.IsGone ? throw new RejectedException(new(ErrorCode.Gone, "There is no such text."), null)
            : make() is { } delta ? new Command.Edit(text.Id, text.Field, 0, delta) : null,
        role, null, ct);

    internal void CloseText(TextSession text)
    {
        lock (_gate)
        {
            if (text.IsGone || --text.Opened != 0)
                return;
            _texts.Remove((text.Id, text.Field));
            text.Close(null);
            ForgetCaret(text);
        }
        _line.Wake();
    }

    internal void TellCaret(TextSession text)
    {
        lock (_gate)
        {
            if (text.IsGone || (text.Caret is null && _caretText != text))
                return;
            (_caretText, _isCaretToTell) = (text, true);
        }
        _line.Wake();
    }

    private void ForgetCaret(TextSession text)
    {
        if (_caretText != text)
            return;
        (_caretText, _isCaretToTell) = (null, false);
        _pacer.Set((_pacer.Own ?? JsonFields.Empty).Merge(JsonFields.Empty.With(CaretNote.Key, CanonicalValue.Null)));
    }

    /// <summary>Puts our caret into our presence, once others can tell where that is: with no more than the edit that is under way on top of what is confirmed.</summary>
    private void PlaceCaret()
    {
        if (!_isCaretToTell || _caretText is not { } text)
            return;
        var edits = _replica.EditsOf(text.Id, text.Field).ToList();
        if (edits.Count > 1 || (edits is [{ Stage: not Stage.Sent }]))
            return;
        _isCaretToTell = false;
        var told = text.Caret is { } caret
            ? new CaretNote(text.Id, text.Field, caret, _replica.Seq, edits is [var under] ? under.N : 0).ToValue()
            : CanonicalValue.Null;
        _pacer.Set((_pacer.Own ?? JsonFields.Empty).Merge(JsonFields.Empty.With(CaretNote.Key, told)));
        if (told == CanonicalValue.Null)
            _caretText = null;
    }

    /// <summary>The next command for the line: what of a text may not go yet wakes it in time.</summary>
    private ClientMessage.Submit? NextCommand()
    {
        var now = _options.Time.GetElapsedTime(_began);
        var next = _replica.Next(edit => _textPacer.IsDue(edit, now));
        if (next?.Command is Command.Edit sent)
            _textPacer.Sent(sent, now);
        if (_textPacer.TakeWait() is { } wait)
        {
            _textTimer ??= _options.Time.CreateTimer(_ => _line.Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _textTimer.Change(wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan); // timers may fire early by what they round off
        }
        return next;
    }

    /// <summary>Whoever has a text open hears what becomes of it. Under the lock.</summary>
    private void TellText(ReplicaEffect effect, StepRole role = StepRole.Change)
    {
        switch (effect)
        {
            case ReplicaEffect.Edited edited when _texts.TryGetValue((edited.Id, edited.Field), out var text):
                text.Hear(edited, _replica.TextOf(edited.Id, edited.Field)?.Text ?? text.Text, role);
                _isCaretToTell |= edited.Origin == ChangeOrigin.Local && _caretText == text;
                break;
            case ReplicaEffect.EditConfirmed confirmed when _texts.TryGetValue((confirmed.Id, confirmed.Field), out var text):
                text.Peers.Happened(confirmed.Event, confirmed.Delta, confirmed.Own, NowMs);
                break;
            case ReplicaEffect.EditRefused refused:
                var handedBack = new RefusedText(refused.Id, refused.Field, refused.Code, refused.Delta, refused.Text);
                _refusedTexts.Publish(handedBack, () => new SubscriberTooSlowException(_replica.Seq));
                if (_texts.TryGetValue((refused.Id, refused.Field), out var written))
                    written.Hear(handedBack);
                break;
            case ReplicaEffect.Replaced replaced:
                foreach (var each in _texts.Values)
                    each.Resync(replaced.Seq);
                break;
        }
    }

    /// <summary>Texts that have ended, after all else of the same moment was told: what did not get into them as well.</summary>
    private void EndTexts(IEnumerable<ReplicaEffect> effects)
    {
        foreach (var ended in effects.OfType<ReplicaEffect.TextEnded>())
        {
            if (!_texts.Remove((ended.Id, ended.Field), out var text))
                continue;
            text.Text = ended.Text;
            ForgetCaret(text);
            text.End();
        }
    }

    /// <summary>What others tell of where they are in a text.</summary>
    private void HearCarets(TextSession text)
    {
        foreach (var (session, member) in _replica.Members)
        {
            if (CaretNote.Of(member.Data) is { } note && note.Id == text.Id && note.Field == text.Field)
                text.Peers.Heard(session, note, NowMs);
        }
    }

    /// <summary>Others have come, gone, or told something. Under the lock.</summary>
    private void HearCarets(PresenceNews news)
    {
        foreach (var text in _texts.Values)
        {
            foreach (var session in news.Left)
                text.Peers.Left(session);
            foreach (var member in news.Joined.Concat(news.Changed))
            {
                if (CaretNote.Of(member.Data) is { } note && note.Id == text.Id && note.Field == text.Field)
                    text.Peers.Heard(member.Session, note, NowMs);
                else
                    text.Peers.Left(member.Session);
            }
        }
    }
}
