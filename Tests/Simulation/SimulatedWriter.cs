using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;

namespace EventOnly.Tests.Simulation;

/// <summary>
/// Who writes texts in a world over the core of the C# client: an editor with its carets and its undo, which shows what it is told and nothing else. It
/// checks at every step that this is what the replica sees.
/// </summary>
/// <param name="number">Of this writer in its world, from 1.</param>
internal sealed class SimulatedWriter(Replica replica, int number, Style style)
{
    private readonly Dictionary<string, Shown> _shown = new(StringComparer.Ordinal); // by field
    private readonly Dictionary<long, string> _typedBy = []; // by ticket
    private int _unique;
    private StepRole _role;

    /// <summary>An editor of one text.</summary>
    private sealed class Shown
    {
        public required TextBuffer Text { get; set; }
        public TextUndo Undo { get; } = new();
        public int Caret { get; set; }
    }

    /// <summary>What was typed and is in the journal, by its word.</summary>
    public List<string> Typed { get; } = [];

    /// <summary>What was typed and handed back.</summary>
    public List<string> Refused { get; } = [];

    /// <summary>The edit that chance makes of what is seen; null: there is nothing to do.</summary>
    public Command.Edit? Make(int chance, long ticket)
    {
        var field = style == Style.Forward ? Writing.Fields[0] : Writing.FieldOf(chance);
        if (replica.TextOf(Writing.Sheet, field) is null)
            return null;
        var shown = Open(field);
        _role = style == Style.Mixed && chance % 10 >= 7 ? chance % 10 < 9 ? StepRole.Undo : StepRole.Redo : StepRole.Change;
        var text = shown.Text.ToString();
        var delta = (_role, style) switch
        {
            (StepRole.Undo or StepRole.Redo, _) => shown.Undo.Next(_role),
            (_, Style.Mixed) => Writing.Mixed(text, chance),
            (_, Style.Unique) => Delta.Replace(Writing.PlaceIn(text, chance), 0, Remember(ticket)),
            _ => Delta.Replace(shown.Caret, 0, ((char)('a' + number - 1)).ToString()),
        };
        return delta is null || delta.IsEmpty ? null : new(Writing.Sheet, field, 0, delta);
    }

    private string Remember(long ticket) => _typedBy[ticket] = Writing.Unique(number * 10_000 + _unique++);

    private Shown Open(string field)
    {
        if (!_shown.TryGetValue(field, out var shown))
            _shown.Add(field, shown = new() { Text = replica.TextOf(Writing.Sheet, field)!.Text });
        return shown;
    }

    public void Heed(ReplicaEffect effect)
    {
        switch (effect)
        {
            case ReplicaEffect.Edited edited when _shown.TryGetValue(edited.Field, out var shown) && edited.Id == Writing.Sheet:
                Show(shown, edited);
                break;
            case ReplicaEffect.TextEnded ended when ended.Id == Writing.Sheet:
                _shown.Remove(ended.Field);
                break;
            case ReplicaEffect.EditRefused refused when refused.Id == Writing.Sheet:
                Refused.Add(refused.Code);
                if (_shown.TryGetValue(refused.Field, out var written))
                    written.Undo.Clear();
                break;
            case ReplicaEffect.Replaced:
                foreach (var each in _shown.Values)
                    each.Undo.Clear();
                break;
            case ReplicaEffect.Settled settled:
                Typed.AddRange(settled.Command.Tickets.Where(_typedBy.ContainsKey).Select(ticket => _typedBy[ticket]));
                break;
        }
    }

    private void Show(Shown shown, ReplicaEffect.Edited edited)
    {
        shown.Text = shown.Text.Apply(edited.Delta);
        if (edited.Origin == ChangeOrigin.Local)
            shown.Undo.Did(edited.Delta, edited.Before, _role, nowMs: 0);
        else
            shown.Undo.Happened(edited.Delta);
        shown.Caret = edited.Delta.TransformPosition(shown.Caret, edited.Origin == ChangeOrigin.Local ? 1 : -1);
    }

    /// <summary>Who shows what it is told sees what there is.</summary>
    public void Check()
    {
        foreach (var (field, shown) in _shown)
        {
            var seen = replica.TextOf(Writing.Sheet, field);
            seen.Should().NotBeNull($"nobody has told that {field} has ended");
            shown.Text.ToString().Should().Be(seen!.Text.ToString(), $"what was told of {field} leads to what is seen");
        }
    }
}
