using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>What a command is to the stacks.</summary>
internal enum StepRole
{
    /// <summary>It clears what could be made again.</summary>
    Change,

    /// <summary>It takes a step back.</summary>
    Undo,

    /// <summary>It makes a step again.</summary>
    Redo,
}

/// <summary>What is taken back at once.</summary>
internal sealed class UndoStep(string? label)
{
    public string? Label => label;

    /// <summary>What takes back each of its commands, by ticket, the last command first.</summary>
    public List<(long Ticket, ImmutableArray<Command> Ops)> Parts { get; } = [];
}

/// <summary>A step that still fits what is seen.</summary>
/// <param name="Command">Null: there is none.</param>
/// <param name="Skipped">Ids whose part of it, or of newer steps, is lost: somebody else has deleted them, or made them again.</param>
internal sealed record TakenStep(Command? Command, string? Label, ImmutableArray<string> Skipped);

/// <summary>
/// What we did, so that it can be taken back, and what we took back. The way back from an undo is made when the undo happens, of what is there
/// then: so n undos and n redos leave a document as it was.
/// </summary>
internal sealed class UndoStacks
{
    /// <summary>Steps that are remembered; an older one is forgotten.</summary>
    private const int StepsMax = 100;

    private readonly List<UndoStep> _undo = [];
    private readonly List<UndoStep> _redo = [];

    public bool CanUndo => _undo.Count > 0;

    public bool CanRedo => _redo.Count > 0;

    /// <summary>A command was taken.</summary>
    /// <param name="inverse">Made before.</param>
    /// <param name="step">What it is a part of; null: of nothing else.</param>
    public void Taken(long ticket, ImmutableArray<Command> inverse, StepRole role, UndoStep? step)
    {
        if (inverse.IsEmpty)
            return;
        var stack = role == StepRole.Undo ? _redo : _undo;
        if (role == StepRole.Change)
            _redo.Clear();
        step ??= new(null);
        if (!stack.Contains(step))
            stack.Add(step);
        if (stack.Count > StepsMax)
            stack.RemoveAt(0);
        step.Parts.Insert(0, (ticket, inverse));
    }

    /// <summary>A command has no effect: there is nothing to take back.</summary>
    public void Failed(long ticket)
    {
        foreach (var stack in new[] { _undo, _redo })
            stack.RemoveAll(step => step.Parts.RemoveAll(part => part.Ticket == ticket) > 0 && step.Parts.Count == 0);
    }

    /// <summary>Takes the newest step from a stack that still fits what is seen.</summary>
    public TakenStep Take(StepRole role, Func<string, Entity?> view)
    {
        var stack = role == StepRole.Undo ? _undo : _redo;
        var skipped = new List<string>();
        while (stack.Count > 0)
        {
            var step = stack[^1];
            stack.RemoveAt(stack.Count - 1);
            var ops = Fitting(step.Parts.SelectMany(part => part.Ops), view, skipped);
            if (ops.Length > 0)
                return new(ops.Length == 1 ? ops[0] : new Command.Batch(ops), step.Label, [.. skipped.Distinct(StringComparer.Ordinal)]);
        }
        return new(null, null, [.. skipped.Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>The journal is another one: what we did is not in it.</summary>
    public void Clear()
    {
        _undo.Clear();
        _redo.Clear();
    }

    private static ImmutableArray<Command> Fitting(IEnumerable<Command> ops, Func<string, Entity?> view, List<string> skipped)
    {
        var seen = new Dictionary<string, Entity?>(StringComparer.Ordinal);
        var fitting = ImmutableArray.CreateBuilder<Command>();
        foreach (var op in ops)
        {
            var id = PendingCommand.EntityOf(op)!;
            var before = seen.TryGetValue(id, out var known) ? known : view(id);
            if (op is Command.Create == before is null)
            {
                seen[id] = Optimistic.Apply(before, op);
                fitting.Add(op);
            }
            else
            {
                skipped.Add(id);
            }
        }
        return fitting.DrainToImmutable();
    }
}

/// <summary>Makes commands that take commands back.</summary>
internal static class Inverse
{
    /// <summary>What takes a command back, oldest operation last: from the entities as they are seen before it.</summary>
    public static ImmutableArray<Command> Of(Command command, Func<string, Entity?> view)
    {
        var seen = new Dictionary<string, Entity?>(StringComparer.Ordinal);
        var inverse = new List<Command>();
        foreach (var op in command is Command.Batch batch ? batch.Ops : [command])
        {
            if (PendingCommand.EntityOf(op) is not { } id)
                continue; // only the server knows what it will be called
            var before = seen.TryGetValue(id, out var known) ? known : view(id);
            if (OfOne(op, id, before) is { } back)
                inverse.Insert(0, back);
            seen[id] = Optimistic.Apply(before, op);
        }
        return [.. inverse];
    }

    private static Command? OfOne(Command op, string id, Entity? before) => op switch
    {
        Command.Create => before is null ? new Command.Delete(id, null) : null,
        _ when before is null => null,
        Command.Delete => new Command.Create(id, before.Kind, Texts.Whole(before)),
        Command.Patch patch => new Command.Patch(id, Unpatch(Texts.Whole(before), patch.Fields), null),
        Command.Increment increment => new Command.Increment(id, [.. increment.Deltas.Select(each => each with { Delta = -each.Delta })], null),
        _ => null,
    };

    /// <summary>The patch that takes a patch back: it names what that one names and nothing else, so that others' changes stay.</summary>
    /// <param name="isInner">A text is one only in a field of the entity itself.</param>
    private static JsonFields Unpatch(JsonFields before, JsonFields patch, bool isInner = false)
    {
        var back = JsonFields.Empty;
        foreach (var (name, value) in patch)
        {
            var old = before[name] ?? CanonicalValue.Null;
            var isWhole = !old.IsObject || !value.IsObject || (!isInner && (Texts.IsMarker(old) || Texts.IsMarker(value)));
            back = back.With(name, isWhole ? old : Unpatch(JsonFields.Parse(old.Utf8), JsonFields.Parse(value.Utf8), isInner: true).ToValue());
        }
        return back;
    }
}
