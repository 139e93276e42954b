using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>
/// Knows the fields that are ours for now: what we wrote a moment ago, and what somebody here has under the cursor. Increments are nobody's:
/// they add up.
/// </summary>
internal sealed class Conflicts
{
    /// <summary>How long a field is ours after our write to it has taken effect.</summary>
    public const long WindowMs = 5000;

    private readonly Dictionary<(string Id, string Field), long> _writtenAt = [];
    private readonly Dictionary<(string Id, string Field), int> _edited = [];
    private readonly Queue<((string Id, string Field) Key, long AtMs)> _written = new();

    /// <summary>Somebody edits a field until <see cref="Leave"/>; several may.</summary>
    public void Edit(string id, string field) => _edited[(id, field)] = _edited.GetValueOrDefault((id, field)) + 1;

    public void Leave(string id, string field)
    {
        if (--_edited[(id, field)] == 0)
            _edited.Remove((id, field));
    }

    /// <summary>A command of ours has taken effect.</summary>
    public void Wrote(PendingCommand command, long nowMs)
    {
        foreach (var op in command.Ops)
        {
            foreach (var field in FieldsOf(op))
            {
                var key = (PendingCommand.EntityOf(op)!, field);
                _writtenAt[key] = nowMs;
                _written.Enqueue((key, nowMs));
            }
        }
    }

    /// <summary>What an event of somebody else does to fields that are ours.</summary>
    /// <param name="before">What we saw before it, by entity.</param>
    public ImmutableArray<FieldConflict> Of(
        ProjectEvent happened, Func<string, Entity?> before, Func<string, IEnumerable<Command>> pendingOn, ProjectState confirmed, long nowMs)
    {
        Forget(nowMs);
        var found = ImmutableArray.CreateBuilder<FieldConflict>();
        foreach (var patches in happened.Changes.OfType<Change.Patched>().GroupBy(change => change.Entity, change => change.Patch, StringComparer.Ordinal))
        {
            var id = patches.Key;
            var ours = pendingOn(id).SelectMany(FieldsOf).ToHashSet(StringComparer.Ordinal);
            foreach (var field in patches.SelectMany(patch => patch).Select(each => each.Name).Distinct(StringComparer.Ordinal))
            {
                if (!ours.Contains(field) && !_writtenAt.ContainsKey((id, field)) && !_edited.ContainsKey((id, field)))
                    continue;
                var (mine, theirs) = (before(id)?.Data[field], confirmed.Entities.GetValueOrDefault(id)?.Data[field]);
                if (mine != theirs)
                    found.Add(new(id, field, mine, theirs, happened.By));
            }
        }
        return found.DrainToImmutable();
    }

    /// <summary>They are written in the order of time, so the old ones are in front.</summary>
    private void Forget(long nowMs)
    {
        while (_written.TryPeek(out var oldest) && nowMs - oldest.AtMs > WindowMs)
        {
            _written.Dequeue();
            if (_writtenAt.GetValueOrDefault(oldest.Key) == oldest.AtMs)
                _writtenAt.Remove(oldest.Key);
        }
    }

    private static IEnumerable<string> FieldsOf(Command op) => op switch
    {
        Command.Create create => create.Data.Select(field => field.Name),
        Command.Patch patch => patch.Fields.Select(field => field.Name),
        _ => [],
    };
}
