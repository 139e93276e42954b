using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>What a user should see: the pending commands over what is confirmed, entity by entity, and what becomes of it.</summary>
internal sealed partial class Replica
{
    private readonly Dictionary<string, Entity?> _views = new(StringComparer.Ordinal); // of entities with pending commands
    private ProjectState? _view;

    /// <summary>The confirmed state with our pending commands on top: what a user should see.</summary>
    public ProjectState View => _view ??= _pending.Ids.Aggregate(Confirmed, (state, id) => state.With(Confirmed.Entities.GetValueOrDefault(id), ViewOf(id)));

    /// <summary>An entity as a user should see it. Costs as much as commands are pending on it.</summary>
    public Entity? ViewOf(string id)
    {
        if (!_pending.Ids.Contains(id))
            return Confirmed.Entities.GetValueOrDefault(id);
        if (!_views.TryGetValue(id, out var view))
            _views.Add(id, view = _pending.OpsOn(id).Aggregate(Confirmed.Entities.GetValueOrDefault(id), Optimistic.Apply));
        return view;
    }

    /// <summary>Is a command of ours under way on an entity, or on one of its fields?</summary>
    public bool IsPending(string id, string? field = null) => _pending.OpsOn(id).Any(op => field is null || op switch
    {
        Command.Create create => create.Data[field] is not null,
        Command.Patch patch => patch.Fields[field] is not null,
        Command.Increment increment => increment.Deltas.Any(delta => delta.Field == field),
        Command.Edit edit => edit.Field == field,
        _ => true,
    });

    /// <summary>A field is being edited until it is left: what others write to it meanwhile is a conflict.</summary>
    public void Edit(string id, string field) => _conflicts.Edit(id, field);

    public void Leave(string id, string field) => _conflicts.Leave(id, field);

    private ImmutableArray<ReplicaEffect> Changed(IEnumerable<string> ids, ChangeOrigin origin, string? by = null)
    {
        ImmutableArray<string> changed = [.. ids.Distinct(StringComparer.Ordinal)];
        Forget(changed);
        return changed.IsEmpty ? [] : [new ReplicaEffect.Changed(new(changed, origin, by, Seq))];
    }

    private void Forget(IEnumerable<string> ids)
    {
        _view = null;
        foreach (var id in ids)
            _views.Remove(id);
    }

    /// <summary>The version aside: it moves with every confirmation.</summary>
    private static bool LooksSame(Entity? before, Entity? after) => ReferenceEquals(before, after)
        || (before is not null && after is not null && before.Kind == after.Kind && before.Data.Equals(after.Data)
            && Texts.AreSame(before.Texts, after.Texts));
}
