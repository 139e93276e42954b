using EventOnly.Protocol.Text;

namespace EventOnly.Client;

/// <summary>
/// What takes our own edits of a text back, and makes them again: deltas for the text as it is seen, which go along with what others do to it. What is
/// typed in one go is one step. Pure.
/// </summary>
internal sealed class TextUndo
{
    /// <summary>Steps that are remembered; an older one is forgotten.</summary>
    private const int StepsMax = 100;

    /// <summary>A pause after which what is typed is another step.</summary>
    private const long PauseMs = 1000;

    private readonly List<Delta> _undo = [];
    private readonly List<Delta> _redo = [];
    private int _place = -1; // where typing, or deleting, would go on; below zero where nothing does
    private bool _isDeleting;
    private long _lastMs;

    public bool CanUndo => _undo.Count > 0;

    public bool CanRedo => _redo.Count > 0;

    /// <summary>What takes the newest step back, or makes it again; null where there is none. It leaves its stack with <see cref="Did"/>.</summary>
    public Delta? Next(StepRole role) => (role == StepRole.Undo ? _undo : _redo) is [.., var newest] ? newest : null;

    /// <summary>We have edited the text.</summary>
    /// <param name="before">The text, as it was seen.</param>
    public void Did(Delta delta, TextBuffer before, StepRole role, long nowMs)
    {
        var inverse = delta.Invert(before);
        if (role == StepRole.Change)
        {
            _redo.Clear();
            if (GoesOn(delta, nowMs) && _undo.Count > 0)
                _undo[^1] = inverse.Compose(_undo[^1]);
            else
                Push(_undo, inverse);
            if (CanUndo && _undo[^1].IsEmpty)
                _undo.RemoveAt(_undo.Count - 1);
            Remember(delta, nowMs);
            return;
        }
        var (from, to) = role == StepRole.Undo ? (_undo, _redo) : (_redo, _undo);
        if (from.Count > 0)
            from.RemoveAt(from.Count - 1);
        Push(to, inverse);
        _place = -1;
    }

    /// <summary>The text is seen otherwise, and not by an edit of ours.</summary>
    public void Happened(Delta delta)
    {
        var newest = _undo.Count;
        Carry(_undo, delta);
        Carry(_redo, delta);
        if (_place >= 0)
            _place = _undo.Count == newest ? delta.TransformPosition(_place, -1) : -1;
    }

    /// <summary>What they were about is not there any more.</summary>
    public void Clear()
    {
        _undo.Clear();
        _redo.Clear();
        _place = -1;
    }

    private static void Push(List<Delta> stack, Delta inverse)
    {
        stack.Add(inverse);
        if (stack.Count > StepsMax)
            stack.RemoveAt(0);
    }

    /// <summary>From the newest to the oldest, as they would be undone. What others have done as well is nothing to undo.</summary>
    private static void Carry(List<Delta> stack, Delta delta)
    {
        for (var i = stack.Count - 1; i >= 0; i--)
        {
            var step = stack[i];
            stack[i] = step.Transform(delta, Side.Left);
            delta = delta.Transform(step, Side.Right);
        }
        stack.RemoveAll(step => step.IsEmpty);
    }

    private bool GoesOn(Delta delta, long nowMs)
    {
        if (_place < 0 || nowMs - _lastMs > PauseMs || !IsAtOnePlace(delta, out var at, out var inserted, out var deleted))
            return false;
        return _isDeleting ? inserted == 0 && (at == _place || at + deleted == _place) : deleted == 0 && at == _place;
    }

    private void Remember(Delta delta, long nowMs)
    {
        _place = -1;
        if (!IsAtOnePlace(delta, out var at, out var inserted, out var deleted) || (inserted > 0 && deleted > 0))
            return;
        (_place, _isDeleting, _lastMs) = (at + inserted, deleted > 0, nowMs);
    }

    /// <summary>Is it what one key does: something put in, or taken away?</summary>
    private static bool IsAtOnePlace(Delta delta, out int at, out int inserted, out int deleted)
    {
        (at, inserted, deleted) = (0, 0, 0);
        for (var i = 0; i < delta.Count; i++)
        {
            var part = delta[i];
            if (part.Kind == DeltaKind.Retain && i > 0)
                return false;
            (at, inserted, deleted) = part.Kind switch
            {
                DeltaKind.Retain => (part.Length, 0, 0),
                DeltaKind.Insert => (at, part.Length, 0),
                _ => (at, inserted, part.Length),
            };
        }
        return delta.Count > 0;
    }
}
