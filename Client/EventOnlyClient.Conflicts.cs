namespace EventOnly.Client;

/// <summary>What becomes of our commands beside what their callers are told.</summary>
public sealed partial class EventOnlyClient
{
    /// <summary>Where others write to fields that we have written to within 5 s, or are editing, from now on. Takes part at once, not at the first read.</summary>
    /// <remarks>Ends with <see cref="SubscriberTooSlowException"/> on a reader that is too slow.</remarks>
    public Subscription<FieldConflict> ConflictsAsync() => _conflicts.Open(null);

    /// <summary>Commands of ours that are refused from now on, with those that depended on them. Takes part at once, not at the first read.</summary>
    /// <remarks>Ends with <see cref="SubscriberTooSlowException"/> on a reader that is too slow.</remarks>
    public Subscription<Rejection> RejectionsAsync() => _rejections.Open(null);

    /// <summary>Tells that a field is being edited here, until the result is disposed: what others write to it meanwhile is a conflict.</summary>
    public IDisposable Editing(string id, string field)
    {
        lock (_gate)
            _replica.Edit(id, field);
        return new FieldBeingEdited(this, id, field);
    }

    private sealed class FieldBeingEdited(EventOnlyClient client, string id, string field) : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            lock (client._gate)
            {
                if (!_left)
                    client._replica.Leave(id, field);
                _left = true;
            }
        }
    }
}
