using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>What a command would do if the server agreed: the guess that is shown until it answers.</summary>
internal static class Optimistic
{
    /// <summary>
    /// Folds an undecided operation over its entity. Versions stay as confirmed (0 for a create), so that they remain good for <c>ifVersion</c>.
    /// </summary>
    public static Entity? Apply(Entity? entity, Command op)
    {
        var version = entity?.Version ?? 0;
        return op switch
        {
            Command.Create { Entity: { } id } create => Fold.Apply(entity, new Change.Created(id, create.Kind, 0, create.Data)),
            Command.Patch patch => Fold.Apply(entity, new Change.Patched(patch.Entity, version, patch.Fields)),
            Command.Increment increment => Fold.Apply(entity, new Change.Incremented(increment.Entity, version, increment.Deltas)),
            Command.Edit edit => Fold.Apply(entity, new Change.Edited(edit.Entity, version, edit.Field, edit.Delta, 0)),
            Command.Delete => null,
            _ => entity,
        };
    }
}
