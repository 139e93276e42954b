using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;

namespace EventOnly.Client;

/// <summary>
/// Where others are in one text: what they told, taken over the edits since. Kept for the confirmed text, and shown in the one that is seen. Pure.
/// </summary>
internal sealed class PeerCarets
{
    /// <summary>Who is silent for so long is shown no more, in ms.</summary>
    public const long SilenceMs = 30_000;

    /// <summary>Edits that are remembered for what is told late.</summary>
    private const int EditsMax = 256;

    private readonly Dictionary<string, (TextCaret Caret, long AtMs)> _carets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CaretNote> _early = new(StringComparer.Ordinal); // about an edit that has not come yet
    private readonly Queue<(long Seq, string Session, long N, Delta Delta)> _edits = new();
    private long _knownFrom; // nothing is remembered of the edits up to here

    /// <summary>A text as it is confirmed at a seq begins; what was known is of another one.</summary>
    public void Begin(long seq)
    {
        _carets.Clear();
        _early.Clear();
        _edits.Clear();
        _knownFrom = seq;
    }

    /// <summary>Somebody tells where he is.</summary>
    public void Heard(string session, CaretNote note, long nowMs)
    {
        _early.Remove(session);
        if (note.Seq < _knownFrom)
            return; // the next one will be newer
        var since = note.Seq;
        if (note.N > 0)
        {
            var own = _edits.FirstOrDefault(edit => edit.Session == session && edit.N == note.N);
            if (own.Session is null)
            {
                _early[session] = note;
                return;
            }
            if (_edits.Any(edit => edit.Seq > note.Seq && edit.Seq < own.Seq))
            {
                Set(session, own.Delta, own.Seq, nowMs); // others came between: his edit reads otherwise than it did to him
                return;
            }
            since = own.Seq;
        }
        _carets[session] = (Since(note.Caret, since), nowMs);
    }

    /// <summary>An edit is confirmed. Whoever made it is where it ends.</summary>
    public void Happened(ProjectEvent happened, Delta delta, bool isOwn, long nowMs)
    {
        if (_edits.Count == EditsMax)
            _knownFrom = _edits.Dequeue().Seq;
        _edits.Enqueue((happened.Seq, happened.Session, happened.N, delta));
        foreach (var (session, (caret, atMs)) in _carets.ToArray())
            _carets[session] = (caret.After(delta), atMs);
        if (isOwn)
            return;
        if (_early.TryGetValue(happened.Session, out var note) && note.N <= happened.N)
            Heard(happened.Session, note, nowMs);
        else
            Set(happened.Session, delta, happened.Seq, nowMs);
    }

    /// <summary>Somebody is in this text no more.</summary>
    public void Left(string session)
    {
        _carets.Remove(session);
        _early.Remove(session);
    }

    /// <summary>The carets in the text as it is seen.</summary>
    /// <param name="edits">Ours that are not confirmed.</param>
    /// <param name="length">Units of the text that is seen.</param>
    public ImmutableSortedDictionary<string, TextCaret> Seen(IReadOnlyList<Delta> edits, int length, long nowMs) =>
        _carets.Where(each => nowMs - each.Value.AtMs < SilenceMs).ToImmutableSortedDictionary(
            each => each.Key, each => edits.Aggregate(each.Value.Caret, (caret, edit) => caret.After(edit)).Within(length), StringComparer.Ordinal);

    private void Set(string session, Delta delta, long seq, long nowMs)
    {
        if (!delta.IsEmpty)
            _carets[session] = (Since(new(EndOf(delta)), seq), nowMs);
    }

    private TextCaret Since(TextCaret caret, long seq) =>
        _edits.Where(edit => edit.Seq > seq).Aggregate(caret, (moved, edit) => moved.After(edit.Delta));

    /// <summary>Behind what was put in last, or where something was taken away.</summary>
    private static int EndOf(Delta delta)
    {
        var at = 0;
        for (var i = 0; i < delta.Count; i++)
            at += delta[i].Kind == DeltaKind.Delete ? 0 : delta[i].Length;
        return at;
    }
}
