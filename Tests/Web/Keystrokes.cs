using System.Text;

namespace EventOnly.Tests.Web;

/// <summary>Keys of one person who types, mistypes, takes back and moves about in what they typed, and what comes of them when nobody disturbs.</summary>
internal sealed class Keystrokes
{
    private readonly List<string> _keys = [];
    private readonly StringBuilder _typed = new();

    /// <param name="letters">Nobody else's, so that what one typed can be found.</param>
    public Keystrokes(int seed, int count, string letters)
    {
        var chance = new Random(seed);
        while (_keys.Count < count)
            Press(chance.Next(100), letters[chance.Next(letters.Length)]);
    }

    public IReadOnlyList<string> Keys => _keys;

    /// <summary>What is there afterwards, in one piece.</summary>
    public string Typed => _typed.ToString();

    /// <summary>Where the caret is in it.</summary>
    public int Caret { get; private set; }

    private void Press(int chance, char letter)
    {
        var key = chance switch
        {
            < 6 when Caret > 0 => "Backspace",
            < 9 when Caret < _typed.Length => "Delete",
            < 14 when Caret > 0 => "ArrowLeft",
            < 18 when Caret < _typed.Length => "ArrowRight",
            < 20 => "Enter",
            _ => letter.ToString(),
        };
        _keys.Add(key);
        switch (key)
        {
            case "Backspace": _typed.Remove(--Caret, 1); break;
            case "Delete": _typed.Remove(Caret, 1); break;
            case "ArrowLeft": Caret--; break;
            case "ArrowRight": Caret++; break;
            default: _typed.Insert(Caret++, key == "Enter" ? '\n' : letter); break;
        }
    }
}
