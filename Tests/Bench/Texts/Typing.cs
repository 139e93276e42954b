using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tools.Traces;

namespace EventOnly.Tests.Bench.Texts;

/// <summary>
/// Somebody writes: single edits, one after the other, from an empty text on. The recorded writing of a paper, where the environment variable
/// EVENTONLY_TRACES names a folder that has it; else one that is made up, of as many edits of the same kind.
/// </summary>
/// <param name="Name">For the report.</param>
/// <param name="End">The text after all of them.</param>
internal sealed record Typing(string Name, IReadOnlyList<Delta> Edits, string End)
{
    private const string Recorded = "seq-automerge-paper.json.gz";

    /// <summary>Of the recorded one: 182,315 of 259,778 edits put in a character, the others take one away.</summary>
    private const double InsertShare = 182_315 / 259_778.0;

    /// <summary>Edits after which, on average, the writer goes elsewhere.</summary>
    private const int StayEdits = 40;

    public static Typing Load(BenchRun run)
    {
        var recorded = new FileInfo(Path.Combine(Environment.GetEnvironmentVariable("EVENTONLY_TRACES") ?? "", Recorded));
        Typing typing;
        if (recorded.Exists && TraceReader.Read(recorded) is SequentialTrace { Start: "" } trace)
            typing = Of("automerge-paper", trace);
        else
            typing = MakeUp(run.Sizes.TypedEdits);
        run.Note(recorded.Exists
            ? "The edits are those of automerge-paper (github.com/josephg/editing-traces; Martin Kleppmann, automerge-perf; CC BY 4.0)."
            : "The edits are made up: EVENTONLY_TRACES names no folder with recorded sessions.");
        return typing.Take(run.Sizes.TypedEdits);
    }

    /// <summary>The first of them.</summary>
    public Typing Take(int edits) => edits >= Edits.Count ? this : Of(Name, new SequentialTrace(Name, "", Edits, End).Take(edits));

    /// <summary>For programs of other languages: <c>{"edits":[delta, …],"end":"…"}</c>.</summary>
    public byte[] ToJson()
    {
        var output = new Utf8Buffer();
        output.Raw("{\"edits\":["u8);
        for (var i = 0; i < Edits.Count; i++)
        {
            if (i > 0)
                output.Raw((byte)',');
            Edits[i].WriteTo(output);
        }
        output.Raw("],\"end\":"u8);
        TextBuffer.From(End).WriteTo(output);
        output.Raw((byte)'}');
        return output.Written.ToArray();
    }

    private static Typing Of(string name, SequentialTrace trace) => new(name, trace.Edits, trace.End);

    private static Typing MakeUp(int edits)
    {
        var chance = new Random(1);
        var (text, caret, all) = (TextBuffer.Empty, 0, new List<Delta>(edits));
        while (all.Count < edits)
        {
            if (chance.Next(StayEdits) == 0)
                caret = chance.Next(text.Length + 1);
            var inserts = caret == 0 || chance.NextDouble() < InsertShare;
            var delta = inserts ? Delta.Replace(caret, 0, ((char)chance.Next('a', 'z' + 1)).ToString()) : Delta.Replace(caret - 1, 1, "");
            caret += inserts ? 1 : -1;
            text = text.Apply(delta);
            all.Add(delta);
        }
        return new("made-up typing", all, text.ToString());
    }
}
