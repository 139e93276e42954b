using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// Gives the same string for the same bytes, as far as it remembers them: the ids, kinds, fields and names of commands and journals come again and
/// again. Each text has one place, which the newest of those that share it takes. It grows with what it is asked for, up to a bound.
/// </summary>
internal sealed class TextCache
{
    private const int PlacesMin = 32;
    private const int PlacesMax = 8192;

    /// <summary>Longer texts seldom come again.</summary>
    private const int BytesMax = 64;

    [ThreadStatic]
    private static TextCache? t_ofThisThread;

    private string?[] _places = new string?[PlacesMin];
    private int _lost;

    /// <summary>One for all that this thread reads, whoever said it: a connection that is silent holds none.</summary>
    public static TextCache OfThisThread => t_ofThisThread ??= new();

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > BytesMax)
            return Encoding.UTF8.GetString(utf8);
        ref var place = ref _places[Hash(utf8) & (uint)(_places.Length - 1)];
        if (place is not null && Ascii.Equals(utf8, place)) // what is not ASCII equals nothing here, and is made anew
            return place;
        if (place is not null && ++_lost > _places.Length && _places.Length < PlacesMax)
        {
            (_places, _lost) = (new string?[_places.Length * 4], 0);
            return Get(utf8);
        }
        return place = Encoding.UTF8.GetString(utf8);
    }

    private static uint Hash(ReadOnlySpan<byte> utf8)
    {
        var hash = (uint)utf8.Length;
        for (; utf8.Length >= 8; utf8 = utf8[8..])
            hash = BitOperations.Crc32C(hash, BinaryPrimitives.ReadUInt64LittleEndian(utf8));
        foreach (var last in utf8)
            hash = BitOperations.Crc32C(hash, last);
        return hash;
    }
}
