using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;

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
internal sealed class PendingCommand
{
    /// <param name="bytes">Of the command as JSON.</param>
    public PendingCommand(Command command, int bytes) => (Command, Bytes) = (command, bytes);

    /// <summary>The session's own number; never given to another command. 0 until it is first sent, so that one that never is uses up none.</summary>
    public long N { get; set; }

    public Command Command { get; private set; }

    public int Bytes { get; private set; }

    /// <summary>Whose it is: several where it was coalesced; 0 is nobody's. The pieces of one edit have the same.</summary>
    public List<long> Tickets { get; } = [];

    /// <summary>Those of them who wait no more.</summary>
    public HashSet<long> Gone { get; } = [];

    public ImmutableArray<Command> Ops => OpsOf(Command);

    /// <summary>The entities it changes.</summary>
    public ImmutableArray<string> Touches => IdsOf(Command);

    /// <summary>The entities it creates.</summary>
    public ImmutableArray<string> Creates => [.. Ops.OfType<Command.Create>().Select(create => create.Entity).OfType<string>()];

    public Stage Stage { get; set; }

    /// <summary>When it was last sent, as a count: sending again breaks the order of n.</summary>
    public long Turn { get; set; }

    /// <summary>How often it was sent.</summary>
    public int Sends { get; set; }

    /// <summary>Of the journal it was first sent to.</summary>
    public string? Epoch { get; set; }

    /// <summary>How often in a row the server has let go of what its edit would have had to be transformed through.</summary>
    public int Rebases { get; set; }

    /// <summary>Whether its edit was taken over the difference of two texts while the server had it already: its event may then read a little differently.</summary>
    public bool IsGuessed { get; set; }

    /// <summary>The edit of a text that it is; null where it is something else.</summary>
    public Command.Edit? Edit => Command as Command.Edit;

    /// <summary>Known to have taken effect: settled, at the latest, when the replica stands here.</summary>
    public long? DueSeq { get; set; }

    /// <summary>Somebody else waits for it too, or the same one for another piece that it has taken in.</summary>
    public void WaitFor(long ticket)
    {
        if (!Tickets.Contains(ticket))
            Tickets.Add(ticket);
    }

    /// <summary>Takes in another command about the same entity.</summary>
    public void Become(Command both, int bytes) => (Command, Bytes) = (both, bytes);

    /// <summary>Its edit reads differently now. What it counts as stays: nothing was put into it.</summary>
    public void Become(Delta delta) => Command = Edit! with { Delta = delta };

    /// <summary>Whether it is an edit of this text.</summary>
    public bool IsEditOf(string id, string field) => Edit is { } edit && edit.Entity == id && edit.Field == field;

    /// <summary>Whether it begins or ends what a field holds, so that edits behind it are of another text than those before it.</summary>
    public bool Begins(string id, string field) => Ops.Any(op => op switch
    {
        Command.Create create => create.Entity == id,
        Command.Patch patch => patch.Entity == id && patch.Fields[field] is not null,
        Command.Delete delete => delete.Entity == id,
        _ => false,
    });

    /// <summary>The entities that a command changes.</summary>
    public static ImmutableArray<string> IdsOf(Command command) => [.. OpsOf(command).Select(EntityOf).OfType<string>().Distinct(StringComparer.Ordinal)];

    private static ImmutableArray<Command> OpsOf(Command command) => command is Command.Batch batch ? batch.Ops : [command];

    public static string? EntityOf(Command command) => command switch
    {
        Command.Create create => create.Entity,
        Command.Patch patch => patch.Entity,
        Command.Increment increment => increment.Entity,
        Command.Edit edit => edit.Entity,
        Command.Delete delete => delete.Entity,
        _ => null,
    };
}
