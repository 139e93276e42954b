using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>Commands: each is in <see cref="Store"/> before the call returns, and completes when it has taken effect.</summary>
public sealed partial class EventOnlyClient
{
    /// <summary>Makes an entity. Without an id the client makes one, which sorts by time.</summary>
    /// <inheritdoc cref="SubmitAsync"/>
    public Task<Ack> CreateAsync(string kind, JsonFields data, string? id = null, CancellationToken ct = default) =>
        SubmitAsync(new Command.Create(id ?? NewId(), kind, data), ct);

    /// <summary>Makes an entity of a value of yours.</summary>
    /// <inheritdoc cref="SubmitAsync"/>
    public Task<Ack> CreateAsync<T>(string kind, T data, JsonTypeInfo<T> type, string? id = null, CancellationToken ct = default) =>
        CreateAsync(kind, Fields(data, type), id, ct);

    /// <summary>Applies a JSON Merge Patch (RFC 7396) to an entity's data.</summary>
    /// <param name="ifVersion">Only if the entity is at this version; else <c>conflict</c>.</param>
    /// <inheritdoc cref="SubmitAsync"/>
    public Task<Ack> UpdateAsync(string id, JsonFields patch, long? ifVersion = null, CancellationToken ct = default) =>
        SubmitAsync(new Command.Patch(id, patch, ifVersion), ct);

    /// <summary>Applies a value of yours as a JSON Merge Patch: what is null in it is removed.</summary>
    /// <inheritdoc cref="SubmitAsync"/>
    public Task<Ack> UpdateAsync<T>(string id, T patch, JsonTypeInfo<T> type, long? ifVersion = null, CancellationToken ct = default) =>
        UpdateAsync(id, Fields(patch, type), ifVersion, ct);

    /// <summary>Deletes an entity.</summary>
    /// <param name="ifVersion">Only if the entity is at this version; else <c>conflict</c>.</param>
    /// <inheritdoc cref="SubmitAsync"/>
    public Task<Ack> DeleteAsync(string id, long? ifVersion = null, CancellationToken ct = default) =>
        SubmitAsync(new Command.Delete(id, ifVersion), ct);

    /// <summary>Adds to a counter. Increments of many clients add up.</summary>
    /// <inheritdoc cref="SubmitAsync"/>
    public Task<Ack> IncrementAsync(string id, string field, long by = 1, CancellationToken ct = default) =>
        SubmitAsync(new Command.Increment(id, [new(field, by)], null), ct);

    /// <summary>Several commands that take effect all or not at all, at one seq.</summary>
    /// <inheritdoc cref="SubmitAsync"/>
    public Task<Ack> BatchAsync(IEnumerable<Command> ops, CancellationToken ct = default) => SubmitAsync(new Command.Batch([.. ops]), ct);

    /// <summary>
    /// Submits a command. Offline it waits. Cancelling means to stop waiting: what was not sent yet is taken back, what was sent takes effect
    /// all the same.
    /// </summary>
    /// <exception cref="RejectedException">The server refused it, or a command it depends on; it is no longer in the view.</exception>
    /// <exception cref="QueueFullException">Too many are pending; it was not applied, not even locally.</exception>
    /// <exception cref="ClosedException">The client is disconnected for good.</exception>
    /// <exception cref="OperationCanceledException">The caller stopped waiting.</exception>
    public async Task<Ack> SubmitAsync(Command command, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        using var operation = _telemetry.Begin(WordOf(command));
        var owner = new TaskCompletionSource<Ack>(TaskCreationOptions.RunContinuationsAsynchronously);
        long n;
        lock (_gate)
        {
            if (_closed is not null)
                throw _closed;
            if (_replica.PendingCount >= _options.QueueMax)
                throw new QueueFullException(_options.QueueMax);
            if (_replica.PendingCount == 0)
                _answeredAt = _options.Time.GetTimestamp();
            n = _replica.Submit(command).N;
            _owners.Add(n, owner);
        }
        _pulse.Beat();
        _line.Wake();
        using var registration = ct.UnsafeRegister(_ => StopWaiting(n, ct), null);
        var ack = await owner.Task.ConfigureAwait(false);
        operation.Succeeded();
        return ack;
    }

    /// <summary>An id that sorts by the time it was made: 9 digits of milliseconds and 11 random ones, in base 36.</summary>
    public string NewId()
    {
        const string digits = "0123456789abcdefghijklmnopqrstuvwxyz";
        var now = _options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_gate)
        {
            return string.Create(20, (now, _options.Random), static (id, made) =>
            {
                var (rest, random) = made;
                for (var i = 8; i >= 0; i--, rest /= 36)
                    id[i] = digits[(int)(rest % 36)];
                random.GetItems(digits, id[9..]);
            });
        }
    }

    private static string WordOf(Command command) => command switch
    {
        Command.Create => "create",
        Command.Delete => "delete",
        Command.Batch => "batch",
        _ => "update",
    };

    private void StopWaiting(long n, CancellationToken ct)
    {
        lock (_gate)
        {
            foreach (var withdrawn in _replica.Withdraw(n))
                TakeOwner(withdrawn.N)?.TrySetCanceled(ct);
            TakeOwner(n)?.TrySetCanceled(ct); // it was sent: its outcome still arrives in the store
        }
        _pulse.Beat();
    }

    private static JsonFields Fields<T>(T value, JsonTypeInfo<T> type) => JsonFields.Parse(JsonSerializer.SerializeToUtf8Bytes(value, type));
}
