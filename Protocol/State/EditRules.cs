using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.State;

/// <summary>
/// May this edit of a text happen now, and how must it read here? What was written for an older text goes through every edit since, one by one: these are
/// later authors' neighbours in the journal, and the replicas go the same way. (Through a composition of them it would read otherwise: that is no
/// shortcut.) Of two inserts at one place the later in the journal goes left, so that who types on stays in one piece.
/// </summary>
internal static class EditRules
{
    /// <summary>UTF-16 units that one edit may put in.</summary>
    public const int InsertedMax = 1024 * 1024;

    /// <summary>Steps that an edit may have where it has to be transformed; one that has more is to be written anew for the text as it is.</summary>
    private const int TransformedStepsMax = 1000;

    /// <param name="entity">As it is; null where there is none.</param>
    /// <param name="seq">Where the event would stand.</param>
    public static Refusal? Decide(Entity? entity, Command.Edit edit, long seq, StateLimits limits, out Change.Edited? change)
    {
        change = null;
        if (entity is null)
            return new(ErrorCode.NotFound, "No such entity.");
        if (edit.Base >= seq)
            return new(ErrorCode.Invalid, "The edit is based on what has not happened.", ErrorDetails.FutureBase);
        if (entity.Texts[edit.Field] is not { } shared || edit.Base < shared.Born)
            return new(ErrorCode.Gone, "There is no such text any more.");
        var window = shared.Window;
        if (edit.Base < window.DroppedUpTo)
            return new(ErrorCode.Rebase, "The edit is based on a position that is too old.");

        var first = edit.Base >= window.Newest ? window.Count : window.IndexAfter(edit.Base);
        if (edit.Delta.Need > LengthBefore(shared, first))
            return new(ErrorCode.Invalid, "The edit reaches beyond the text.", ErrorDetails.OutOfRange);
        if (!TryTransform(edit.Delta, window, first, limits.TransformSteps, out var delta))
            return new(ErrorCode.Rebase, "The edit has too long a way to the text as it is.");
        if (shared.Text.IsSplitBy(delta))
            return new(ErrorCode.Invalid, "The edit splits a character.", ErrorDetails.SplitsPair);
        var length = shared.Text.Length + (long)delta.Growth;
        if (delta.Inserted > InsertedMax || length > int.MaxValue || (length > limits.TextUnits && delta.Growth > 0))
            return new(ErrorCode.TooLarge, "The text would be too long.");
        change = new(entity.Id, entity.Version, entity.Texts.NameOf(edit.Field), delta, (int)length);
        return null;
    }

    /// <summary>Units that the text had before the edits from <paramref name="first"/> on.</summary>
    private static long LengthBefore(SharedText shared, int first)
    {
        long length = shared.Text.Length;
        for (var i = first; i < shared.Window.Count; i++)
            length -= shared.Window[i].Delta.Growth;
        return length;
    }

    /// <summary>False where that would take more than <paramref name="stepsMax"/>.</summary>
    private static bool TryTransform(Delta written, TextWindow window, int first, int stepsMax, out Delta delta)
    {
        delta = written;
        if (first < window.Count && delta.Count > TransformedStepsMax)
            return false;
        var steps = 0L;
        for (var i = first; i < window.Count; i++)
        {
            var since = window[i].Delta;
            steps += delta.Count + since.Count; // it may grow on its way
            if (steps > stepsMax)
                return false;
            delta = delta.Transform(since, Side.Left);
        }
        return true;
    }
}
