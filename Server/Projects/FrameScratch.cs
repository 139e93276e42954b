using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>Where projects write a frame before it is copied to where it belongs. One for each thread: what is in it is gone at the next.</summary>
internal static class FrameScratch
{
    [ThreadStatic]
    private static Utf8Buffer? t_scratch;

    /// <summary>An empty one.</summary>
    public static Utf8Buffer Empty
    {
        get
        {
            var scratch = t_scratch ??= new();
            scratch.Clear();
            return scratch;
        }
    }

    /// <summary>The message as a frame; valid until the next.</summary>
    public static ReadOnlySpan<byte> Of(ServerMessage message)
    {
        var frame = Empty;
        WireCodec.EncodeFrame(frame, message);
        return frame.Written;
    }
}
