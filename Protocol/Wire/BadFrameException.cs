namespace EventOnly.Protocol.Wire;

/// <summary>A frame that cannot be understood. Never leaves <see cref="WireCodec"/>: it becomes a <see cref="FrameFault"/>.</summary>
internal sealed class BadFrameException(ErrorCode code, string? detail, string message) : Exception(message)
{
    public ErrorCode Code { get; } = code;
    public string? Detail { get; } = detail;

    public static BadFrameException Shape(string message) => new(ErrorCode.Invalid, ErrorDetails.BadEvent, message);
    public static BadFrameException Json(string message) => new(ErrorCode.Invalid, ErrorDetails.BadJson, message);
    public static BadFrameException TooLarge(string message) => new(ErrorCode.TooLarge, null, message);
}

/// <summary>Why a frame was not understood, and whom to answer: as much of its address as could be read.</summary>
public sealed record FrameFault(ErrorCode Code, string? Detail, string Message, string? Id, string? Project, long? N);
