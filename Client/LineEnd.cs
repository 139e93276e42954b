using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>Why a line ended, and what follows from it.</summary>
/// <param name="Code">The word for it, as in docs/wire.md section 7; <c>lost</c> where no close frame came.</param>
/// <param name="Reason">For people.</param>
/// <param name="RetryAfter">How long the server asks us to stay away.</param>
internal sealed record LineEnd(string Code, string Reason, CloseAdvice Advice, TimeSpan? RetryAfter = null)
{
    private const int PrivateCodesMin = 4000;

    public static LineEnd Lost(string reason) => new("lost", reason, CloseAdvice.Reconnect);

    public static LineEnd Silent(string reason) => Of(CloseCode.Timeout) with { Reason = reason };

    public static LineEnd Of(CloseCode code)
    {
        var row = code.Describe();
        return new(row.Word, row.Reason, row.Advice);
    }

    /// <summary>The end a close frame tells; a private code that is not in the table means: back off.</summary>
    public static LineEnd OfClose(int? status, string? reason)
    {
        if (status is not { } code)
            return Lost("The connection ended without a close frame.");
        return Enum.IsDefined((CloseCode)code)
            ? Of((CloseCode)code)
            : new($"close_{code}", reason ?? "", code >= PrivateCodesMin ? CloseAdvice.BackOff : CloseAdvice.Reconnect);
    }

    /// <summary>The end the server announced; its word counts more than the close frame, which may get lost.</summary>
    public static LineEnd OfDisconnect(ServerMessage.Disconnect said)
    {
        var advice = CloseCodes.All.FirstOrDefault(row => row.Word == said.Code)?.Advice ?? CloseAdvice.BackOff;
        return new(
            said.Code, said.Reason, said.Reconnect ? advice : CloseAdvice.Stop,
            said.RetryAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null);
    }
}
