using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// What the server announced that it takes. A command beyond it is refused here: for one that is too long the server would close the line,
/// and again after every reconnect, with everything behind it waiting.
/// </summary>
internal static class CommandLimits
{
    /// <summary>Why the server would refuse this command unread, in its own words; null if it would not.</summary>
    /// <param name="frame">The command as it would be sent.</param>
    public static Refusal? Judge(Command command, ReadOnlySpan<byte> frame, AnnouncedLimits limits)
    {
        if (frame.Length > limits.MessageBytes)
            return new(ErrorCode.TooLarge, $"The command is over {limits.MessageBytes} bytes.");
        if (command is Command.Batch batch && batch.Ops.Length > limits.BatchOps)
            return new(ErrorCode.TooLarge, $"The batch has more than {limits.BatchOps} operations.");
        return DepthOf(frame) > limits.Depth
            ? new(ErrorCode.Invalid, "The command is nested too deeply.", ErrorDetails.TooDeep)
            : null;
    }

    /// <summary>Levels of nesting of well-formed JSON, the outermost object being the first.</summary>
    private static int DepthOf(ReadOnlySpan<byte> json)
    {
        var (depth, deepest, inString) = (0, 0, false);
        for (var i = 0; i < json.Length; i++)
        {
            switch (json[i])
            {
                case (byte)'\\':
                    i++; // stands in strings only, and what follows it does not end them
                    break;
                case (byte)'"':
                    inString = !inString;
                    break;
                case (byte)'{' or (byte)'[' when !inString:
                    deepest = Math.Max(deepest, ++depth);
                    break;
                case (byte)'}' or (byte)']' when !inString:
                    depth--;
                    break;
            }
        }
        return deepest;
    }
}
