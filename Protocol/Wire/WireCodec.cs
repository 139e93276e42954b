using System.Text.Json;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// Bytes to messages and back. The grammar is docs/wire.md, whose examples are read by this codec's tests. Reading never throws on bad input.
/// An instance keeps a scratch buffer: one at a time may use it.
/// </summary>
public sealed partial class WireCodec(WireLimits limits)
{
    private readonly Utf8Buffer _scratch = new();

    public const string Subprotocol = "eventonly.v1";

    /// <summary>What it takes.</summary>
    public WireLimits Limits => limits;

    /// <summary>Understands what a client said, or says why it cannot be understood and whom to answer.</summary>
    public bool TryDecode(ReadOnlySpan<byte> frame, out ClientMessage? message, out FrameFault? fault)
    {
        (message, fault) = (null, null);
        if ((message = PlainCommandReader.TryRead(frame, limits)) is not null)
            return true;
        try
        {
            var scan = FrameScan.Message(frame, limits, _scratch);
            message = ReadClientMessage(scan);
            return true;
        }
        catch (Exception exception) when (AsFault(exception, frame) is { } found)
        {
            fault = found;
            return false;
        }
    }

    /// <summary>Understands what the server said. A type it does not know gives <see cref="ServerMessage.Unknown"/>.</summary>
    public bool TryDecode(ReadOnlySpan<byte> frame, out ServerMessage? message, out FrameFault? fault)
    {
        (message, fault) = (null, null);
        if (ReferenceEquals(limits, WireLimits.Trusted) && (message = PlainEventReader.TryRead(frame)) is not null)
            return true;
        try
        {
            var scan = FrameScan.Message(frame, limits, _scratch);
            message = ReadServerMessage(scan, frame);
            return true;
        }
        catch (Exception exception) when (AsFault(exception, frame) is { } found)
        {
            fault = found;
            return false;
        }
    }

    /// <summary>
    /// The one place where bad input turns from an exception into an answer. System.Text.Json throws InvalidOperationException, not
    /// JsonException, on lone surrogates.
    /// </summary>
    private FrameFault? AsFault(Exception exception, ReadOnlySpan<byte> frame)
    {
        var bad = exception switch
        {
            BadFrameException known => known,
            JsonException => BadFrameException.Json("The frame is not a JSON object."),
            InvalidOperationException => BadFrameException.Shape("A string contains a lone surrogate."),
            _ => null,
        };
        return bad is null ? null : FrameAddress.Read(frame, limits).On(new(bad.Code, bad.Detail, bad.Message, null, null, null));
    }
}
