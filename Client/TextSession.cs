using System.Collections.Immutable;
using EventOnly.Protocol.Text;

namespace EventOnly.Client;

/// <summary>
/// A text that several write together, open here. What is written is in <see cref="Value"/> at once and goes to the others at once; theirs goes around
/// it. Places and lengths are in UTF-16 units, as in strings. May be used from any thread.
/// </summary>
/// <remarks>
/// Offline it goes on; what waits becomes one edit. Writing never fails because somebody else wrote. The text ends where its entity is deleted or its
/// field gets another value: then <see cref="IsGone"/>, and what was written and did not get into it comes out of <see cref="RefusedAsync"/>.
/// </remarks>
public sealed class TextSession : IDisposable
{
    private readonly EventOnlyClient _client;
    private readonly TextUndo _undo = new();
    private readonly Subscriptions<TextChange> _changes;
    private readonly Subscriptions<RefusedText> _refused;
    private string? _value; // null: to be made anew
    private TextCaret? _caret;

    internal TextSession(EventOnlyClient client, string id, string field, int streamItemsMax)
    {
        (_client, Id, Field) = (client, id, field);
        (_changes, _refused) = (new(streamItemsMax), new(streamItemsMax));
    }

    /// <summary>The entity.</summary>
    public string Id { get; }

    /// <summary>The field of the entity that is the text.</summary>
    public string Field { get; }

    /// <summary>The text as it is seen, our own edits included; what it said at last where it is gone. Made when it is asked for, in the time of its length.</summary>
    public string Value => _client.UnderLock(() => _value ??= Text.ToString());

    /// <summary>Units of the text as it is seen.</summary>
    public int Length => _client.UnderLock(() => Text.Length);

    /// <summary>Edits of ours whose outcome is not known; those that wait are one.</summary>
    public int PendingCount => _client.UnderLock(() => IsGone ? 0 : _client.EditsOf(this).Count);

    /// <summary>Whether the text has ended, or another one has taken its place. <see cref="EventOnlyClient.OpenText"/> opens that one, if there is.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Is there something of ours to take back?</summary>
    public bool CanUndo => _client.UnderLock(() => _undo.CanUndo);

    /// <summary>Is there something taken back to make again?</summary>
    public bool CanRedo => _client.UnderLock(() => _undo.CanRedo);

    /// <summary>
    /// Our own caret, which goes along with what others write, and stands behind what we write. Set it, and the others see it; null: they see none. It is
    /// told as presence, in the field <c>caret</c>; a client has one in one text.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not in the text.</exception>
    public TextCaret? Caret
    {
        get => _client.UnderLock(() => _caret);
        set
        {
            _client.UnderLock(() =>
            {
                if (value is { } caret && (Math.Min(caret.Anchor, caret.Head) < 0 || Math.Max(caret.Anchor, caret.Head) > Text.Length))
                    throw new ArgumentOutOfRangeException(nameof(value), value, $"The text has {Text.Length} units.");
                _caret = value;
            });
            _client.TellCaret(this);
        }
    }

    /// <summary>Where the others are in this text, by public session id. Who was silent for 30 s is not among them.</summary>
    public ImmutableSortedDictionary<string, TextCaret> PeerCarets => _client.UnderLock(
        () => IsGone ? ImmutableSortedDictionary<string, TextCaret>.Empty : Peers.Seen(_client.EditsOf(this), Text.Length, _client.NowMs));

    internal PeerCarets Peers { get; } = new();

    /// <summary>The text as it was seen last. Under the lock.</summary>
    internal TextBuffer Text { get; set; } = TextBuffer.Empty;

    /// <summary>How often it is open.</summary>
    internal int Opened { get; set; } = 1;

    /// <summary>
    /// Puts in a text. Cancelling takes it back where it was not sent yet. A very long one goes in several pieces: what of them is in the journal stays there
    /// when it is cancelled, or when the server refuses a later one.
    /// </summary>
    /// <param name="at">Units before it.</param>
    /// <returns>Completes when all of it is in the journal.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It reaches beyond the text.</exception>
    /// <exception cref="RejectedException">
    /// It would split a surrogate pair, or is none (<c>invalid</c>); the text has ended (<c>gone</c>); or the server refused it, which
    /// <see cref="RefusedAsync"/> tells as well.
    /// </exception>
    /// <exception cref="QueueFullException">Too much is pending; it was not applied, not even locally.</exception>
    /// <exception cref="ClosedException">The client is disconnected for good.</exception>
    /// <exception cref="OperationCanceledException">The caller stopped waiting.</exception>
    public Task<Ack> InsertAsync(int at, string text, CancellationToken ct = default) => ReplaceAsync(at, 0, text, ct);

    /// <summary>Takes away units.</summary>
    /// <inheritdoc cref="ReplaceAsync"/>
    public Task<Ack> DeleteAsync(int at, int count, CancellationToken ct = default) => ReplaceAsync(at, count, "", ct);

    /// <summary>Takes away <paramref name="count"/> units and puts in a text in their place.</summary>
    /// <inheritdoc cref="InsertAsync"/>
    public Task<Ack> ReplaceAsync(int at, int count, string text, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _client.EditAsync(this, StepRole.Change, () =>
        {
            ArgumentOutOfRangeException.ThrowIfNegative(at);
            ArgumentOutOfRangeException.ThrowIfNegative(count);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(at, Text.Length);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Text.Length - at);
            return Delta.Replace(at, count, text);
        }, ct)!;
    }

    /// <summary>Makes several changes at once.</summary>
    /// <param name="delta">For the text as it is seen now.</param>
    /// <inheritdoc cref="InsertAsync"/>
    public Task<Ack> EditAsync(Delta delta, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(delta);
        return _client.EditAsync(this, StepRole.Change, () =>
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(delta.Need, Text.Length, nameof(delta));
            return delta;
        }, ct)!;
    }

    /// <summary>
    /// Takes our last step back, and nothing of others, by an edit of its own; what was typed within a second at one place is one step. The last 100 are
    /// kept; a refusal or a snapshot clears them.
    /// </summary>
    /// <returns>Null where there was nothing.</returns>
    /// <inheritdoc cref="InsertAsync" path="/exception"/>
    public Task<Ack?> UndoAsync(CancellationToken ct = default) => _client.EditAsync(this, StepRole.Undo, () => _undo.Next(StepRole.Undo), ct);

    /// <summary>Makes again what was taken back, unless we have written something else since.</summary>
    /// <returns>Null where there was nothing.</returns>
    /// <inheritdoc cref="InsertAsync" path="/exception"/>
    public Task<Ack?> RedoAsync(CancellationToken ct = default) => _client.EditAsync(this, StepRole.Redo, () => _undo.Next(StepRole.Redo), ct);

    /// <summary>What becomes of the text from now on, our own edits included, each once and in order. Ends when the text does, or is closed.</summary>
    /// <remarks>Ends with <see cref="SubscriberTooSlowException"/> on a reader that is too slow.</remarks>
    public Subscription<TextChange> ChangesAsync() => _changes.Open();

    /// <summary>What we wrote and could not stay, from now on. Ends when the text does, after telling what did not get into it.</summary>
    /// <remarks>Ends with <see cref="SubscriberTooSlowException"/> on a reader that is too slow.</remarks>
    public Subscription<RefusedText> RefusedAsync() => _refused.Open();

    /// <summary>Closes it here; as often as it was opened. What was written goes on its way.</summary>
    public void Dispose() => _client.CloseText(this);

    /// <summary>The text is seen otherwise. Under the lock.</summary>
    internal void Hear(ReplicaEffect.Edited edited, TextBuffer now, StepRole role)
    {
        (Text, _value) = (now, null);
        switch (edited.Origin)
        {
            case ChangeOrigin.Local:
                _undo.Did(edited.Delta, edited.Before, role, _client.NowMs);
                _caret = _caret is { } own ? new(edited.Delta.TransformPosition(own.Head, 1)) : null;
                break;
            case ChangeOrigin.Snapshot:
                _undo.Clear();
                goto default;
            default:
                _undo.Happened(edited.Delta);
                _caret = _caret?.After(edited.Delta);
                break;
        }
        _changes.Publish(new(edited.Delta, edited.Origin, edited.Event?.By), TooSlow);
    }

    /// <summary>Something of ours was refused. Under the lock.</summary>
    internal void Hear(RefusedText refused)
    {
        _undo.Clear();
        _refused.Publish(refused, TooSlow);
    }

    /// <summary>A snapshot took the place of what happened: nobody knows any more where what we did has gone. Under the lock.</summary>
    internal void Resync(long seq)
    {
        _undo.Clear();
        Peers.Begin(seq);
    }

    /// <summary>The text has ended. Under the lock.</summary>
    internal void End()
    {
        IsGone = true;
        _undo.Clear();
        _caret = null;
        Close(null);
    }

    /// <summary>Nothing more comes. Under the lock.</summary>
    internal void Close(Exception? reason)
    {
        _changes.Close(reason);
        _refused.Close(reason);
    }

    /// <summary>Streams may be opened again. Under the lock.</summary>
    internal void Reopen()
    {
        _changes.Reopen();
        _refused.Reopen();
    }

    private SubscriberTooSlowException TooSlow() => new(_client.Seq);
}
