using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.Text;

/// <summary>
/// A delta while it is read. A wrong shape is told at once; that it is not in normal form or not Unicode only at its end, so that the detail
/// does not depend on the order of its parts.
/// </summary>
internal ref struct DeltaReading(DeltaBuilder builder)
{
    private readonly DeltaBuilder _builder = builder;
    private DeltaKind? _last;
    private long _sum;
    private bool _isNotNormal;
    private bool _isNotUnicode;

    /// <param name="units">Null: they are no Unicode.</param>
    public void Insert(string? units)
    {
        _isNotUnicode |= units is null;
        _isNotNormal |= units is "" || _last is DeltaKind.Insert or DeltaKind.Delete;
        _last = DeltaKind.Insert;
        if (units is not null)
            _builder.Insert(units);
    }

    public void Walk(int length, bool isDelete)
    {
        var kind = isDelete ? DeltaKind.Delete : DeltaKind.Retain;
        _isNotNormal |= _last == kind;
        _last = kind;
        _sum += length;
        if (_sum > int.MaxValue)
            throw DeltaJson.Bad("A delta reaches further than 2147483647 units.");
        if (isDelete)
            _builder.Delete(length);
        else
            _builder.Retain(length);
    }

    public readonly Delta ToDelta(bool mayBeEmpty)
    {
        if (_isNotNormal || _last == DeltaKind.Retain || (_last is null && !mayBeEmpty))
            throw new BadFrameException(ErrorCode.Invalid, ErrorDetails.NotNormal, "A delta is not in normal form.");
        return _isNotUnicode
            ? throw new BadFrameException(ErrorCode.Invalid, ErrorDetails.BadUnicode, "What is inserted is not well-formed Unicode, or contains U+0000.")
            : _builder.Build();
    }
}
