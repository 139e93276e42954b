using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>What a command would do if the server agreed: the guess that is shown until it answers.</summary>
internal static class Optimistic
{
    /// <summary>Folds an undecided command. Versions stay as confirmed (0 for a create), so that they remain good for <c>ifVersion</c>.</summary>
    public static ProjectState Apply(ProjectState state, Command command) => command switch
    {
        Command.Create { Entity: { } id } create => Fold.Apply(state, new Change.Created(id, create.Kind, 0, create.Data)),
        Command.Patch patch => Fold.Apply(state, new Change.Patched(patch.Entity, VersionOf(state, patch.Entity), patch.Fields)),
        Command.Increment increment => Fold.Apply(state, new Change.Incremented(increment.Entity, VersionOf(state, increment.Entity), increment.Deltas)),
        Command.Delete delete => Fold.Apply(state, new Change.Deleted(delete.Entity)),
        Command.Batch batch => batch.Ops.Aggregate(state, Apply),
        _ => state, // a create without id cannot be shown: only the server knows its name
    };

    private static long VersionOf(ProjectState state, string id) => state.Entities.GetValueOrDefault(id)?.Version ?? 0;
}
