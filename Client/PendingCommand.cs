using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>Where a command stands on its way.</summary>
internal enum Stage
{
    /// <summary>To be sent when the window and the line allow.</summary>
    Queued,

    /// <summary>With the server: only it knows the outcome.</summary>
    Sent,

    /// <summary>Refused for now; to be queued again after a pause.</summary>
    Held,
}

/// <summary>A command whose outcome is not known yet.</summary>
internal sealed class PendingCommand(long n, Command command)
{
    /// <summary>The session's own number; never given to another command.</summary>
    public long N { get; } = n;

    public Command Command { get; } = command;

    /// <summary>The entities it changes.</summary>
    public ImmutableArray<string> Touches { get; } = [.. Ops(command).Select(EntityOf).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>The entities it creates.</summary>
    public ImmutableArray<string> Creates { get; } = [.. Ops(command).OfType<Command.Create>().Select(create => create.Entity).OfType<string>()];

    public Stage Stage { get; set; }

    /// <summary>Known to have taken effect: settled, at the latest, when the replica stands here.</summary>
    public long? DueSeq { get; set; }

    private static ImmutableArray<Command> Ops(Command command) => command is Command.Batch batch ? batch.Ops : [command];

    private static string? EntityOf(Command command) => command switch
    {
        Command.Create create => create.Entity,
        Command.Patch patch => patch.Entity,
        Command.Increment increment => increment.Entity,
        Command.Edit edit => edit.Entity,
        Command.Delete delete => delete.Entity,
        _ => null,
    };
}
