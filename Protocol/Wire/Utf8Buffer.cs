using System.Buffers.Text;
using System.Diagnostics;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// A growing buffer that JSON is spliced into. Kept and cleared by its owner, so that writing allocates nothing once it has grown; what grew
/// beyond <paramref name="keptBytes"/> is given back, so that one large message does not cost an idle owner its memory.
/// </summary>
public sealed class Utf8Buffer(int capacity = 512, int keptBytes = 8 * 1024)
{
    private byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > Math.Max(keptBytes, capacity))
            _bytes = new byte[capacity];
    }

    /// <summary>Forgets everything after the first <paramref name="length"/> bytes.</summary>
    public void TruncateTo(int length)
    {
        Debug.Assert(length <= Length);
        Length = length;
    }

    /// <summary>The next <paramref name="count"/> bytes, to be filled by the caller at once.</summary>
    public Span<byte> Take(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, checked(Length + count)));
        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }

    public Utf8Buffer Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Take(bytes.Length));
        return this;
    }

    public Utf8Buffer Raw(byte value)
    {
        Take(1)[0] = value;
        return this;
    }

    public Utf8Buffer Number(long value)
    {
        var space = Take(20);
        Utf8Formatter.TryFormat(value, space, out var written);
        Length -= space.Length - written;
        return this;
    }

    public Utf8Buffer Boolean(bool value) => Raw(value ? "true"u8 : "false"u8);

    /// <summary>Writes a JSON string with the escapes of RFC 8785 section 3.2.2.2.</summary>
    public Utf8Buffer String(ReadOnlySpan<char> text)
    {
        CanonicalJson.WriteString(this, text);
        return this;
    }

    /// <summary>Fills bytes written earlier, such as a length that is known only afterwards.</summary>
    internal Span<byte> At(int start, int length) => _bytes.AsSpan(0, Length).Slice(start, length);

    /// <summary>Makes room in the middle: moves what stands at and after <paramref name="start"/> up by <paramref name="count"/> bytes.</summary>
    internal Span<byte> InsertAt(int start, int count)
    {
        var tail = Length - start;
        Take(count);
        _bytes.AsSpan(start, tail).CopyTo(_bytes.AsSpan(start + count));
        return _bytes.AsSpan(start, count);
    }
}
