using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench.Texts;

/// <summary>A publisher that first makes its texts and then edits them in turns, each as the session says, based on what it has heard by then.</summary>
internal sealed class TextDialect(string projects, int texts, IReadOnlyList<Delta> edits) : EventOnlyDialect(projects)
{
    private readonly Utf8Buffer _json = new();

    /// <summary>How many edits of a text there are among the first commands.</summary>
    public int EditsOf(int text, long sent) => (int)((sent - 1 - text) / texts);

    public override void Publish(LoadConnection connection, FrameWriter output, long number)
    {
        var (round, text) = Math.DivRem(number - 1, texts);
        output.Begin();
        output.Say(round == 0 ? "{\"type\":\"create\",\"project\":\""u8 : "{\"type\":\"update\",\"project\":\""u8);
        SayProject(output, connection.Group);
        output.Say("\",\"n\":"u8).Say(number).Say(",\"entity\":\"t"u8).Say(text);
        if (round == 0)
        {
            output.Say("\",\"kind\":\"k\",\"data\":{\"notes\":{\"$text\":\"\"}}}"u8).End();
            return;
        }
        _json.Clear();
        edits[(int)((round - 1) % edits.Count)].WriteTo(_json); // once more from the first on fits as well: the text has only become longer
        output.Say("\",\"edit\":{\"field\":\"notes\",\"base\":"u8).Say(connection.Check!.LastOf(0)).Say(",\"delta\":"u8).Say(_json.Written).Say("}}"u8).End();
    }
}
