using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Load;

/// <summary>Whether an event says what the command said that its author sent.</summary>
internal static class Echo
{
    /// <param name="frame">The command as it was sent.</param>
    public static bool IsOf(ReadOnlyMemory<byte> frame, ProjectEvent happened, WireCodec codec)
    {
        if (!codec.TryDecode(frame.Span, out ClientMessage? message, out var _) || message is not ClientMessage.Submit sent || sent.N != happened.N)
            return false;
        return sent.Command is Command.Batch batch
            ? happened.IsBatch && batch.Ops.Length == happened.Changes.Length && batch.Ops.Zip(happened.Changes).All(pair => IsOf(pair.First, pair.Second))
            : !happened.IsBatch && happened.Changes is [var only] && IsOf(sent.Command, only);
    }

    private static bool IsOf(Command command, Change change) => (command, change) switch
    {
        (Command.Create asked, Change.Created made) => asked.Entity == made.Entity && asked.Kind == made.Kind && asked.Data.Equals(made.Data),
        (Command.Patch asked, Change.Patched made) => asked.Entity == made.Entity && asked.Fields.Equals(made.Patch),
        (Command.Increment asked, Change.Incremented made) => asked.Entity == made.Entity && asked.Deltas.SequenceEqual(made.Deltas),
        (Command.Edit asked, Change.Edited made) => asked.Entity == made.Entity && asked.Field == made.Field,
        (Command.Delete asked, Change.Deleted made) => asked.Entity == made.Entity,
        _ => false,
    };
}
