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

    /// <summary>Understands what a client said, or says why it cannot be understood and whom to answer.</summary>
    public bool TryDecode(ReadOnlySpan<byte> frame, out ClientMessage? message, out FrameFault? fault)
    {
        (message, fault) = (null, null);
        var scan = new FrameScan(frame, limits, _scratch);
        try
        {
            scan.Message();
            message = ReadClientMessage(scan);
            return true;
        }
        catch (Exception exception) when (AsFault(exception, scan) is { } found)
        {
            fault = found.N is null ? FrameAddress.Read(frame, limits).On(found) : found;
            return false;
        }
    }

    /// <summary>Understands what the server said. A type it does not know gives <see cref="ServerMessage.Unknown"/>.</summary>
    public bool TryDecode(ReadOnlySpan<byte> frame, out ServerMessage? message, out FrameFault? fault)
    {
        (message, fault) = (null, null);
        var scan = new FrameScan(frame, limits, _scratch);
        try
        {
            scan.Message();
            message = ReadServerMessage(scan, frame);
            return true;
        }
        catch (Exception exception) when (AsFault(exception, scan) is { } found)
        {
            fault = found;
            return false;
        }
    }

    /// <summary>
    /// The one place where bad input turns from an exception into an answer. System.Text.Json throws InvalidOperationException, not
    /// JsonException, on lone surrogates.
    /// </summary>
    private static FrameFault? AsFault(Exception exception, in FrameScan scan)
    {
        var bad = exception switch
        {
            BadFrameException known => known,
            JsonException => BadFrameException.Json("The frame is not a JSON object."),
            InvalidOperationException => BadFrameException.Shape("A string contains a lone surrogate."),
            _ => null,
        };
        if (bad is null)
            return null;
        return exception is JsonException // then what stood before the fault need not mean what it seems to
            ? new(bad.Code, bad.Detail, bad.Message, null, null, null)
            : new(bad.Code, bad.Detail, bad.Message, Address(scan, Property.Id), Address(scan, Property.Project), Number(scan));
    }

    private static string? Address(in FrameScan scan, Property property)
    {
        try
        {
            return scan.Text(property) is { } text && (property == Property.Id ? Names.IsName(text) : Names.IsProjectId(text)) ? text : null;
        }
        catch (Exception exception) when (exception is BadFrameException or InvalidOperationException or JsonException)
        {
            return null;
        }
    }

    private static long? Number(in FrameScan scan)
    {
        try
        {
            return scan.Integer(Property.N, 1);
        }
        catch (BadFrameException)
        {
            return null;
        }
    }
}
