using System.Collections.Frozen;
using System.Collections.Immutable;

namespace EventOnly.Protocol.Wire;

/// <summary>Why a request failed or a command was refused. The wire writes the word in <see cref="ErrorCodes"/>.</summary>
public enum ErrorCode
{
    Invalid, Unsupported, Unauthenticated, Forbidden, NotFound, Conflict, Gone, Exists, NotUnique, TooLarge,
    RateLimited, Unavailable, Rebase, Cancelled, Superseded, Internal,
}

/// <summary>The one table of error codes: docs/wire.md and Web/client/codes.js are checked against it.</summary>
public static class ErrorCodes
{
    /// <summary>A row: the word on the wire, and whether the same request may succeed later unchanged.</summary>
    public sealed record Row(ErrorCode Code, string Word, bool Retryable);

    public static ImmutableArray<Row> All { get; } =
    [
        new(ErrorCode.Invalid, "invalid", false),
        new(ErrorCode.Unsupported, "unsupported", false),
        new(ErrorCode.Unauthenticated, "unauthenticated", false),
        new(ErrorCode.Forbidden, "forbidden", false),
        new(ErrorCode.NotFound, "not_found", false),
        new(ErrorCode.Conflict, "conflict", false),
        new(ErrorCode.Gone, "gone", false),
        new(ErrorCode.Exists, "exists", false),
        new(ErrorCode.NotUnique, "not_unique", false),
        new(ErrorCode.TooLarge, "too_large", false),
        new(ErrorCode.RateLimited, "rate_limited", true),
        new(ErrorCode.Unavailable, "unavailable", true),
        new(ErrorCode.Rebase, "rebase", true),
        new(ErrorCode.Cancelled, "cancelled", false),
        new(ErrorCode.Superseded, "superseded", false),
        new(ErrorCode.Internal, "internal", true),
    ];

    private static readonly FrozenDictionary<string, ErrorCode> s_byWord =
        All.ToFrozenDictionary(row => row.Word, row => row.Code, StringComparer.Ordinal);

    public static string Word(this ErrorCode code) => All[(int)code].Word;

    public static bool IsRetryable(this ErrorCode code) => All[(int)code].Retryable;

    /// <summary>The code of a word; <see cref="ErrorCode.Internal"/> for a word this version does not know.</summary>
    public static ErrorCode FromWord(string word) => s_byWord.GetValueOrDefault(word, ErrorCode.Internal);
}

/// <summary>Words that narrow <see cref="ErrorCode.Invalid"/>.</summary>
public static class ErrorDetails
{
    /// <summary>Not JSON, or JSON with a duplicate key.</summary>
    public const string BadJson = "bad_json";

    /// <summary>JSON, but not of the message's shape.</summary>
    public const string BadEvent = "bad_event";

    /// <summary>Nested beyond the limit.</summary>
    public const string TooDeep = "too_deep";

    /// <summary>Of a text's delta: not an array of parts, each with one known key and a length or a string.</summary>
    public const string BadDelta = "bad_delta";

    /// <summary>Of a text's delta: not in normal form.</summary>
    public const string NotNormal = "not_normal";

    /// <summary>Of a text's delta: puts in half a surrogate pair, or U+0000.</summary>
    public const string BadUnicode = "bad_unicode";

    /// <summary>Of an edit: begins or ends between the halves of a surrogate pair.</summary>
    public const string SplitsPair = "splits_pair";

    /// <summary>Of an edit: reaches further than the text did that it was written for.</summary>
    public const string OutOfRange = "out_of_range";

    /// <summary>Of an edit: written for a text that is still to come.</summary>
    public const string FutureBase = "future_base";
}

/// <summary>Why a connection ended, as the status code of the close frame (RFC 6455 section 7.4).</summary>
public enum CloseCode
{
    Normal = 1000, GoingAway = 1001, ProtocolError = 1002, NotText = 1003, NotUtf8 = 1007, MessageTooLarge = 1009,
    ServerFault = 1011, ServerRestart = 1012, Overloaded = 1013,
    BadRequest = 4400, Unauthenticated = 4401, Forbidden = 4403, Timeout = 4408, Replaced = 4409,
    UnsupportedVersion = 4426, RateLimited = 4429, SlowConsumer = 4430,
}

/// <summary>What a client does after a close.</summary>
public enum CloseAdvice
{
    /// <summary>Come back at once, with jitter.</summary>
    Reconnect,

    /// <summary>Come back with growing pauses.</summary>
    BackOff,

    /// <summary>Stay away until a person or a program has changed something.</summary>
    Stop,
}

/// <summary>The one table of close codes: docs/wire.md and Web/client/codes.js are checked against it.</summary>
public static class CloseCodes
{
    /// <summary>A row: the word that <c>disconnect</c> carries, the advice, and a neutral sentence for people.</summary>
    public sealed record Row(CloseCode Code, string Word, CloseAdvice Advice, string Reason);

    public static ImmutableArray<Row> All { get; } =
    [
        new(CloseCode.Normal, "normal", CloseAdvice.Reconnect, "Ended."),
        new(CloseCode.GoingAway, "going_away", CloseAdvice.Reconnect, "The other side is leaving."),
        new(CloseCode.ProtocolError, "protocol_error", CloseAdvice.BackOff, "A frame broke the WebSocket protocol."),
        new(CloseCode.NotText, "not_text", CloseAdvice.Stop, "Binary messages are not understood."),
        new(CloseCode.NotUtf8, "not_utf8", CloseAdvice.BackOff, "A text message was not UTF-8."),
        new(CloseCode.MessageTooLarge, "message_too_large", CloseAdvice.BackOff, "A message was larger than the limit."),
        new(CloseCode.ServerFault, "server_fault", CloseAdvice.BackOff, "The server had a fault."),
        new(CloseCode.ServerRestart, "server_restart", CloseAdvice.Reconnect, "The server is restarting."),
        new(CloseCode.Overloaded, "overloaded", CloseAdvice.BackOff, "The server has too many connections."),
        new(CloseCode.BadRequest, "bad_request", CloseAdvice.BackOff, "Too many malformed messages."),
        new(CloseCode.Unauthenticated, "unauthenticated", CloseAdvice.Stop, "The token is missing, wrong or expired."),
        new(CloseCode.Forbidden, "forbidden", CloseAdvice.Stop, "Not allowed here."),
        new(CloseCode.Timeout, "timeout", CloseAdvice.Reconnect, "Silent for too long."),
        new(CloseCode.Replaced, "replaced", CloseAdvice.Stop, "The same session joined through another connection."),
        new(CloseCode.UnsupportedVersion, "unsupported_version", CloseAdvice.Stop, "The subprotocol is not supported."),
        new(CloseCode.RateLimited, "rate_limited", CloseAdvice.BackOff, "Too many messages."),
        new(CloseCode.SlowConsumer, "slow_consumer", CloseAdvice.Reconnect, "Fell too far behind; resume from your position."),
    ];

    private static readonly FrozenDictionary<int, Row> s_byCode = All.ToFrozenDictionary(row => (int)row.Code);

    public static Row Describe(this CloseCode code) => s_byCode[(int)code];

    /// <summary>The advice for a status code from the network; codes that are not in the table mean: back off.</summary>
    public static CloseAdvice Advice(int code) => s_byCode.TryGetValue(code, out var row) ? row.Advice : CloseAdvice.BackOff;
}
