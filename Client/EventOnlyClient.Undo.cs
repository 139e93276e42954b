using System.Collections.Immutable;

namespace EventOnly.Client;

/// <summary>What an undo or redo had to leave out.</summary>
/// <param name="Label">Of the group that it was; null for a single change.</param>
/// <param name="Ids">Entities that somebody else has deleted, or made again.</param>
public sealed record SkippedStep(string? Label, ImmutableArray<string> Ids);

/// <summary>Taking back what we did: always by commands, so that history only grows.</summary>
public sealed partial class EventOnlyClient
{
    private readonly UndoStacks _steps = new();
    private readonly Subscriptions<SkippedStep> _skipped;
    private readonly AsyncLocal<UndoStep?> _group = new(); // of the caller's own flow: what others do meanwhile is not part of it

    /// <summary>Is there something to take back?</summary>
    public bool CanUndo => Read(() => _steps.CanUndo);

    /// <summary>Is there something taken back to make again?</summary>
    public bool CanRedo => Read(() => _steps.CanRedo);

    /// <summary>
    /// Takes our last change back, as a command of its own; a batch, or a group, is one change. The last 100 are kept. What somebody else has
    /// deleted meanwhile cannot be taken back: it is skipped, and <see cref="SkippedAsync"/> tells.
    /// </summary>
    /// <returns>Null where there was nothing.</returns>
    /// <inheritdoc cref="SubmitAsync(Protocol.State.Command, CancellationToken)" path="/exception"/>
    public Task<Ack?> UndoAsync(CancellationToken ct = default) => StepAsync(StepRole.Undo, ct);

    /// <summary>Makes again what was taken back, unless we have changed something else since.</summary>
    /// <returns>Null where there was nothing.</returns>
    /// <inheritdoc cref="SubmitAsync(Protocol.State.Command, CancellationToken)" path="/exception"/>
    public Task<Ack?> RedoAsync(CancellationToken ct = default) => StepAsync(StepRole.Redo, ct);

    /// <summary>What is submitted by <paramref name="work"/> is one step for <see cref="UndoAsync"/>.</summary>
    /// <param name="label">Told by <see cref="SkippedAsync"/>.</param>
    /// <param name="work">Called at once; what it has not submitted when it returns is not part of the step.</param>
    public void Group(string label, Action work)
    {
        var outer = _group.Value; // a group in a group is part of it
        _group.Value = outer ?? new UndoStep(label);
        try
        {
            work();
        }
        finally
        {
            _group.Value = outer;
        }
    }

    /// <summary>What undo and redo have to leave out from now on. Takes part at once, not at the first read.</summary>
    public Subscription<SkippedStep> SkippedAsync() => _skipped.Open(null);

    /// <summary>
    /// Makes an entity what it was after the event of a seq: a change of its own, which can be undone. What was not there then is deleted.
    /// </summary>
    /// <returns>Null where it is so already.</returns>
    /// <exception cref="RejectedException"><c>gone</c>: that state is not kept any more; or the server refused the change.</exception>
    /// <exception cref="OfflineException">There is no line to ask for what was.</exception>
    public async Task<Ack?> RestoreAsync(string id, long seq, CancellationToken ct = default)
    {
        var past = await AtAsync(seq, ct).ConfigureAwait(false);
        return Restoring.Command(id, past.Get(id), Store.Get(id)) is { } command
            ? await SubmitAsync(command, ct).ConfigureAwait(false)
            : null;
    }

    private async Task<Ack?> StepAsync(StepRole role, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        TakenStep taken;
        lock (_gate)
        {
            if (_closed is not null)
                throw _closed;
            taken = _steps.Take(role, _replica.ViewOf);
        }
        if (!taken.Skipped.IsEmpty)
            _skipped.Publish(new(taken.Label, taken.Skipped), () => new SubscriberTooSlowException(Seq));
        return taken.Command is { } command ? await SubmitAsync(command, role, new UndoStep(taken.Label), ct).ConfigureAwait(false) : null;
    }
}
