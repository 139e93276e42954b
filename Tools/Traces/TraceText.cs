using System.Text.Json;
using EventOnly.Protocol.Text;

namespace EventOnly.Tools.Traces;

/// <summary>The text of a trace while it is read: traces count code points, and texts are counted in UTF-16 units.</summary>
internal sealed class TraceText(string start)
{
    private bool _hasPairs = start.Any(char.IsSurrogate);

    public TextBuffer Text { get; private set; } = TextBuffer.From(start);

    /// <summary>Makes the patches of an edit, one after the other; gives them as one change in units.</summary>
    public Delta Edit(JsonElement patches)
    {
        var delta = Delta.Empty;
        foreach (var patch in patches.EnumerateArray())
        {
            var (position, deleted, inserted) = (patch[0].GetInt32(), patch[1].GetInt32(), patch[2].GetString()!);
            var at = ToUnits(position);
            var change = Delta.Replace(at, ToUnits(checked(position + deleted)) - at, inserted);
            Text = Text.Apply(change);
            _hasPairs |= inserted.Any(char.IsSurrogate);
            delta = delta.Compose(change);
        }
        return delta;
    }

    /// <summary>In the time of the text's length, but only where it has a character that needs two units: hardly a trace has.</summary>
    private int ToUnits(int codePoints)
    {
        if (!_hasPairs)
            return codePoints;
        ArgumentOutOfRangeException.ThrowIfNegative(codePoints);
        var (text, at) = (Text.ToString(), 0);
        for (var passed = 0; passed < codePoints; passed++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(at, text.Length, nameof(codePoints));
            at += char.IsHighSurrogate(text[at]) ? 2 : 1;
        }
        return at;
    }
}
