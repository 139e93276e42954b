namespace EventOnly.Protocol.Text;

/// <summary>
/// Where an insert goes that ties with another one at the same place. Of two edits, the one later in the journal goes left, the earlier one right: a
/// typist whose edits arrive late then keeps his words in one piece.
/// </summary>
public enum Side
{
    /// <summary>Before the other's insert.</summary>
    Left,

    /// <summary>After the other's insert.</summary>
    Right,
}
