using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>Commands: each is in <see cref="Store"/> before the call returns, and completes when it has taken effect.</summary>
public sealed partial class EventOnlyClient
{
    private long _lastTicket;

    /// <summary>Makes an entity. Without an id the client makes one, which sorts by time.</summary>
    /// <inheritdoc cref="SubmitAsync(Command, CancellationToken)"/>
    public Task<Ack> CreateAsync(string kind, JsonFields data, string? id = null, CancellationToken ct = default) =>
        SubmitAsync(new Command.Create(id ?? NewId(kind), kind, data), ct);

    /// <summary>Makes an entity of a value of yours.</summary>
    /// <inheritdoc cref="SubmitAsync(Command, CancellationToken)"/>
    public Task<Ack> CreateAsync<T>(string kind, T data, JsonTypeInfo<T> type, string? id = null, CancellationToken ct = default) =>
        CreateAsync(kind, Fields(data, type), id, ct);

    /// <summary>Applies a JSON Merge Patch (RFC 7396) to an entity's data.</summary>
    /// <param name="ifVersion">Only if the entity is at this version; else <c>conflict</c>.</param>
    /// <inheritdoc cref="SubmitAsync(Command, CancellationToken)"/>
    public Task<Ack> UpdateAsync(string id, JsonFields patch, long? ifVersion = null, CancellationToken ct = default) =>
        SubmitAsync(new Command.Patch(id, patch, ifVersion), ct);

    /// <summary>Applies a value of yours as a JSON Merge Patch: what is null in it is removed.</summary>
    /// <inheritdoc cref="SubmitAsync(Command, CancellationToken)"/>
    public Task<Ack> UpdateAsync<T>(string id, T patch, JsonTypeInfo<T> type, long? ifVersion = null, CancellationToken ct = default) =>
        UpdateAsync(id, Fields(patch, type), ifVersion, ct);

    /// <summary>Deletes an entity.</summary>
    /// <param name="ifVersion">Only if the entity is at this version; else <c>conflict</c>.</param>
    /// <inheritdoc cref="SubmitAsync(Command, CancellationToken)"/>
    public Task<Ack> DeleteAsync(string id, long? ifVersion = null, CancellationToken ct = default) =>
        SubmitAsync(new Command.Delete(id, ifVersion), ct);

    /// <summary>Adds to a counter. Increments of many clients add up.</summary>
    /// <inheritdoc cref="SubmitAsync(Command, CancellationToken)"/>
    public Task<Ack> IncrementAsync(string id, string field, long by = 1, CancellationToken ct = default) =>
        SubmitAsync(new Command.Increment(id, [new(field, by)], null), ct);

    /// <summary>
    /// Puts an entity into a list (its field <c>list</c>) beside another one of its kind, by an <see cref="OrderKey"/> (its field <c>order</c>): one
    /// write to one entity.
    /// </summary>
    /// <param name="before">The id it is to stand before, or else <paramref name="after"/>; at the end without either, or where it is not in the list.</param>
    /// <inheritdoc cref="SubmitAsync(Command, CancellationToken)"/>
    public Task<Ack> MoveAsync(string id, string list, string? before = null, string? after = null, CancellationToken ct = default)
    {
        var view = Store.View;
        var kind = view.Entities.GetValueOrDefault(id)?.Kind;
        var name = CanonicalValue.Of(list);
        var others = view.Entities.Values.Where(other => other.Id != id && other.Kind == kind && other.Data["list"] == name).ToList();
        others.Sort(OrderKey.Compare);
        var at = others.FindIndex(other => other.Id == (before ?? after));
        at = at < 0 ? others.Count : before is null ? at + 1 : at;
        string key;
        lock (_gate) // one draws at a time
            key = OrderKey.Between(at == 0 ? null : OrderKey.Of(others[at - 1]), at == others.Count ? null : OrderKey.Of(others[at]), _options.Random);
        return UpdateAsync(id, JsonFields.Empty.With("list", name).With("order", CanonicalValue.Of(key)), ct: ct);
    }

    /// <summary>Several operations that take effect all or not at all, at one seq.</summary>
    /// <param name="build">Called at once. If it throws, nothing happens.</param>
    /// <inheritdoc cref="SubmitAsync(Command, CancellationToken)"/>
    public Task<Ack> BatchAsync(Action<IBatch> build, CancellationToken ct = default)
    {
        var batch = new BatchBuilder(NewId);
        build(batch);
        return SubmitAsync(new Command.Batch([.. batch.Ops]), ct);
    }

    /// <summary>Several commands that take effect all or not at all, at one seq.</summary>
    /// <inheritdoc cref="SubmitAsync(Command, CancellationToken)"/>
    public Task<Ack> BatchAsync(IEnumerable<Command> ops, CancellationToken ct = default) => SubmitAsync(new Command.Batch([.. ops]), ct);

    /// <summary>
    /// Submits a command. Offline it waits. While they wait, updates of one entity become one command and a create and its delete none; what has become one
    /// takes effect, or is refused, for all of them. Cancelling means to stop waiting: what was not sent yet is taken back if nobody waits for it any more,
    /// what was sent takes effect all the same.
    /// </summary>
    /// <exception cref="RejectedException">The server refused it, or a command it depends on; it is no longer in the view.</exception>
    /// <exception cref="QueueFullException">Too many are pending; it was not applied, not even locally.</exception>
    /// <exception cref="ClosedException">The client is disconnected for good.</exception>
    /// <exception cref="OperationCanceledException">The caller stopped waiting.</exception>
    public Task<Ack> SubmitAsync(Command command, CancellationToken ct = default) => SubmitAsync(command, StepRole.Change, null, ct);

    private Task<Ack> SubmitAsync(Command command, StepRole role, UndoStep? step, CancellationToken ct) =>
        TakeAsync(WordOf(command), () => command, role, step, ct)!;

    /// <param name="make">Called under the lock, to make a command of what is seen at this moment; null: there is nothing to do.</param>
    private async Task<Ack?> TakeAsync(string word, Func<Command?> make, StepRole role, UndoStep? step, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var operation = _telemetry.Begin(word);
        var owner = new TaskCompletionSource<Ack>(TaskCreationOptions.RunContinuationsAsynchronously);
        long ticket;
        lock (_gate)
        {
            if (_closed is not null)
                throw _closed;
            if (make() is not { } command)
                return null;
            if (_replica.Judge(command) is { } refusal)
                throw new RejectedException(refusal, null);
            if (command is Command.Edit { Delta.IsEmpty: true } nothing)
                return new(_replica.Seq, null, nothing.Entity);
            if (_replica.PendingCount == 0)
                _answeredAt = _options.Time.GetTimestamp();
            ticket = ++_lastTicket;
            var inverse = Inverse.Of(command, _replica.ViewOf);
            var effects = _replica.Submit(command, ticket);
            foreach (var effect in effects.Where(effect => effect is ReplicaEffect.Edited { Origin: ChangeOrigin.Local }))
                TellText(effect, role);
            _owners.Add(ticket, owner);
            _steps.Taken(ticket, inverse, role, role == StepRole.Change ? _group.Value : step);
            Obey(effects, CancellationToken.None);
        }
        _pulse.Beat();
        _line.Wake();
        using var registration = ct.UnsafeRegister(_ => StopWaiting(ticket, ct), null);
        var ack = await owner.Task.ConfigureAwait(false);
        operation.Succeeded();
        return ack;
    }

    /// <summary>An id for a new entity, as <c>card-0Vt3…</c>: usable at once, also offline. Ids of one client sort in the order they were made.</summary>
    /// <param name="kind">Of the entity; its first 40 characters stand in the id.</param>
    public string NewId(string kind)
    {
        lock (_gate)
            return _ids.Next(kind);
    }

    private static string WordOf(Command command) => command switch
    {
        Command.Create => "create",
        Command.Delete => "delete",
        Command.Batch => "batch",
        _ => "update",
    };

    private void StopWaiting(long ticket, CancellationToken ct)
    {
        lock (_gate)
        {
            if (TakeOwner(ticket) is not { } owner)
                return; // its outcome is here already
            owner.TrySetCanceled(ct); // where it was sent: its outcome still arrives in the store
            Obey(_replica.Abandon(ticket), ct);
        }
        _pulse.Beat();
    }

    private static JsonFields Fields<T>(T value, JsonTypeInfo<T> type) => JsonFields.Parse(JsonSerializer.SerializeToUtf8Bytes(value, type));
}
