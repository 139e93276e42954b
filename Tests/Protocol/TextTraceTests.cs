using System.Security.Cryptography;
using System.Text;
using EventOnly.Protocol.Text;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

/// <summary>Sessions of people, as they were recorded, end as they were recorded.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TextTraceTests
{
    [TestCase("automerge-paper")]
    [TestCase("rustcode")]
    [TestCase("sveltecomponent")]
    [TestCase("json-crdt-blog-post")]
    [TestCase("friendsforever_flat")]
    [TestCase("clownschool_flat")]
    public void Who_writes_one_after_the_other_ends_with_the_recorded_text(string name)
    {
        var session = Trace.Lines($"seq-{name}.json.gz").Single();
        var text = TextBuffer.From(session.GetProperty("startContent").GetString());

        foreach (var transaction in session.GetProperty("txns").EnumerateArray())
            text = text.Apply(Trace.ToDelta(transaction.GetProperty("patches")));

        var end = session.GetProperty("endContent").GetString()!;
        string.Equals(text.ToString(), end, StringComparison.Ordinal).Should().BeTrue();
        text.Hash.Should().Be(TextHash.Of(end));
    }

    [Test]
    public void Who_writes_at_once_ends_with_the_recorded_text_when_the_later_one_goes_left() =>
        WrittenAtOnce(Side.Left).Should().BeTrue();

    [Test]
    public void Who_writes_at_once_ends_with_another_text_when_the_later_one_goes_right() =>
        WrittenAtOnce(Side.Right).Should().BeFalse("the rule is this one and not the other");

    /// <summary>Whether the session ends as recorded. Each line says how many edits of the other writer its own had seen: the rest of them it is transformed over.</summary>
    private static bool WrittenAtOnce(Side later)
    {
        var earlier = later == Side.Left ? Side.Right : Side.Left;
        var lines = Trace.Lines("conc-friendsforever.script.jsonl.gz").ToArray();
        var text = TextBuffer.Empty;
        List<Delta>[] unseen = [[], []]; // of each writer's edits those that the other has not seen, as they read after all that the other has made
        int[] seen = [0, 0];
        foreach (var line in lines.Skip(1))
        {
            var (writer, count) = (line.GetProperty("w").GetInt32(), line.GetProperty("seen").GetInt32());
            var others = unseen[1 - writer];
            others.RemoveRange(0, count - seen[writer]);
            seen[writer] = count;
            var delta = Trace.ToDelta(line.GetProperty("p"));
            for (var i = 0; i < others.Count; i++)
                (delta, others[i]) = (delta.Transform(others[i], later), others[i].Transform(delta, earlier));
            text = text.Apply(delta);
            unseen[writer].Add(delta);
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))) == lines[0].GetProperty("endSha256").GetString();
    }
}
