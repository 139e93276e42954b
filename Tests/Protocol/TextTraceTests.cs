using System.Security.Cryptography;
using System.Text;
using EventOnly.Protocol.Text;
using EventOnly.Tests.Support;
using EventOnly.Tools.Traces;

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
        var trace = (SequentialTrace)TraceReader.Read(RecordedTraces.Find($"seq-{name}.json.gz"));
        var text = trace.Edits.Aggregate(TextBuffer.From(trace.Start), (text, edit) => text.Apply(edit));

        string.Equals(text.ToString(), trace.End, StringComparison.Ordinal).Should().BeTrue();
        text.Hash.Should().Be(TextHash.Of(trace.End));
    }

    [Test]
    public void Who_writes_at_once_ends_with_the_recorded_text_when_the_later_one_goes_left() =>
        WrittenAtOnce(Side.Left).Should().BeTrue();

    [Test]
    public void Who_writes_at_once_ends_with_another_text_when_the_later_one_goes_right() =>
        WrittenAtOnce(Side.Right).Should().BeFalse("the rule is this one and not the other");

    /// <summary>Whether the session ends as recorded.</summary>
    private static bool WrittenAtOnce(Side later)
    {
        var trace = (ConcurrentTrace)TraceReader.Read(RecordedTraces.Find("conc-friendsforever.script.jsonl.gz"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(trace.Play(later).ToString()))) == trace.EndSha256;
    }
}
