using System.Text.Json;
using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>Entities alone, as a kept snapshot has one a line.</summary>
public sealed partial class WireCodec
{
    /// <summary>Writes an entity as it stands in a snapshot.</summary>
    public static void Encode(Utf8Buffer output, Entity entity) => output.EntityObject(entity);

    /// <summary>Reads an entity back; null where the text is none. What it has besides is passed over.</summary>
    /// <param name="json">As it stands in a snapshot.</param>
    /// <param name="seq">The snapshot's: what edits of texts there were up to it is not known.</param>
    public Entity? TryDecodeEntity(ReadOnlySpan<byte> json, long seq)
    {
        try
        {
            return ReadEntity(FrameScan.Message(json, limits, _scratch), seq);
        }
        catch (Exception bad) when (bad is BadFrameException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
