using System.Text.Json;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// Whom to answer about a frame that cannot be understood: its id, project and n, as far as they can be read before the reading fails. A sender
/// that gets its number back knows which command was refused; one that does not would wait for ever.
/// </summary>
internal readonly record struct FrameAddress(string? Id, string? Project, long? N)
{
    public FrameFault On(FrameFault fault) => fault with { Id = fault.Id ?? Id, Project = fault.Project ?? Project, N = fault.N ?? N };

    public static FrameAddress Read(ReadOnlySpan<byte> frame, WireLimits limits)
    {
        var address = default(FrameAddress);
        if (frame.Length > limits.MessageBytes)
            return address;
        var reader = new Utf8JsonReader(frame, new JsonReaderOptions { MaxDepth = WireLimits.Trusted.Depth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;
                if (reader.ValueTextEquals("id"u8) && ReadText(ref reader) is { } id && Names.IsName(id))
                    address = address with { Id = id };
                else if (reader.ValueTextEquals("project"u8) && ReadText(ref reader) is { } project && Names.IsProjectId(project))
                    address = address with { Project = project };
                else if (reader.ValueTextEquals("n"u8) && reader.Read() && reader.TokenType == JsonTokenType.Number
                    && reader.TryGetInt64(out var n) && n is >= 1 and <= CanonicalNumber.SafeInteger)
                    address = address with { N = n };
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // What came before the fault is all there is.
        }
        return address;
    }

    private static string? ReadText(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
}
