using System.Globalization;
using EventOnly.Protocol.Text;

namespace EventOnly.Tools.Traces;

/// <summary>A recorded session of people who write a text.</summary>
/// <param name="Name">For people, and for the name of the project.</param>
internal abstract record Trace(string Name);

/// <summary>Edits that follow one another, each made for the text that the one before has left.</summary>
/// <param name="Edits">None of them changes nothing.</param>
/// <param name="End">The text after all of them.</param>
internal sealed record SequentialTrace(string Name, string Start, IReadOnlyList<Delta> Edits, string End) : Trace(Name)
{
    /// <summary>Only the first edits, with the text they lead to.</summary>
    public SequentialTrace Take(int edits)
    {
        if (edits >= Edits.Count)
            return this;
        var taken = Edits.Take(edits).ToList();
        return this with { Edits = taken, End = taken.Aggregate(TextBuffer.From(Start), (text, edit) => text.Apply(edit)).ToString() };
    }
}

/// <summary>An edit of one of two who write at once.</summary>
/// <param name="Writer">0 or 1.</param>
/// <param name="Seen">How many edits of the other its author had seen, besides all of their own.</param>
/// <param name="Delta">For what its author saw.</param>
internal readonly record struct ConcurrentEdit(int Writer, int Seen, Delta Delta);

/// <summary>Edits of two who write at once, in the order in which they came to be one text.</summary>
/// <param name="EndLength">Units of the text after all of them.</param>
/// <param name="EndSha256">Of that text as UTF-8, in hexadecimal digits.</param>
internal sealed record ConcurrentTrace(string Name, IReadOnlyList<ConcurrentEdit> Edits, int EndLength, string EndSha256) : Trace(Name)
{
    /// <summary>
    /// The text they come to. Each edit is transformed over those of the other that its author had not seen, one by one, and these over it: several of one
    /// author may be under way at once, which no client of this server does, so it is done here and not there.
    /// </summary>
    /// <param name="later">Where the later edit's insert goes at a tie: <see cref="Side.Left"/> is the rule.</param>
    /// <exception cref="TraceException">An edit does not fit what its author is said to have seen.</exception>
    public TextBuffer Play(Side later = Side.Left)
    {
        var earlier = later == Side.Left ? Side.Right : Side.Left;
        var text = TextBuffer.Empty;
        List<Delta>[] unseen = [[], []]; // of each writer, what the other has not seen, as it reads after all that the other has made
        int[] seen = [0, 0];
        for (var i = 0; i < Edits.Count; i++)
        {
            var (writer, count, delta) = Edits[i];
            var others = unseen[1 - writer];
            if (count < seen[writer] || count - seen[writer] > others.Count)
                throw new TraceException(string.Create(CultureInfo.InvariantCulture, $"{Name}, edit {i + 1}: its author cannot have seen {count} edits of the other."));
            others.RemoveRange(0, count - seen[writer]);
            seen[writer] = count;
            for (var other = 0; other < others.Count; other++)
                (delta, others[other]) = (delta.Transform(others[other], later), others[other].Transform(delta, earlier));
            if (delta.Need > text.Length)
                throw new TraceException(string.Create(CultureInfo.InvariantCulture, $"{Name}, edit {i + 1}: it reaches beyond the text."));
            text = text.Apply(delta);
            unseen[writer].Add(delta);
        }
        return text;
    }
}

/// <summary>The file is no trace that can be played; the message says why.</summary>
internal sealed class TraceException(string message) : Exception(message);
