using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class PlainEventReaderTests
{
    private const string Replacements = "{}[]\",:0-1.9eT Zax\\\0ä";

    private static readonly string[] s_golden = [.. GoldenFrames.Server.Where(frame => Plain(frame) is not null)];

    [Test]
    public void Every_event_of_the_documentation_is_read_without_a_detour() =>
        s_golden.Should().HaveCount(GoldenFrames.Server.Count(frame => General(frame) is ServerMessage.Happened)).And.HaveCountGreaterThan(4);

    [Test]
    public void What_the_codec_has_written_is_read_as_the_general_reading_reads_it([Range(1, 10)] int seed)
    {
        var story = new AnyStory(Given.Chance(seed));
        for (var step = 0; step < 200; step++)
        {
            if (story.Go() is not { } happened)
                continue;
            var line = Given.Text(Given.Line(happened).Json.Span);
            Written(Plain(line)).Should().Be(happened.By.Contains('"', StringComparison.Ordinal) ? null : line, "a name with escapes is left to it");
            Written(General(line)).Should().Be(line);
        }
    }

    [Test]
    public void What_is_mutilated_is_read_as_the_general_reading_reads_it_or_left_to_it([Range(1, 10)] int seed)
    {
        var chance = Given.Chance(seed);
        for (var step = 0; step < 2000; step++)
        {
            var frame = s_golden[chance.Next(s_golden.Length)].ToCharArray();
            for (var times = chance.Next(1, 3); times > 0; times--)
                frame[chance.Next(frame.Length)] = Replacements[chance.Next(Replacements.Length)];
            var text = new string(frame);
            if (Plain(text) is { } plain)
                Written(plain).Should().Be(Written(General(text)), text);
        }
    }

    [TestCase("""{"type":"delete","project":"Apollo","seq":1,"at":"2026-11-21T08:00:00.000Z","by":"ann","session":"s","n":1,"entity":"a"}""")]
    [TestCase("""{"type":"delete","project":"apollo","seq":01,"at":"2026-11-21T08:00:00.000Z","by":"ann","session":"s","n":1,"entity":"a"}""")]
    [TestCase("""{"type":"delete","project":"apollo","seq":0,"at":"2026-11-21T08:00:00.000Z","by":"ann","session":"s","n":1,"entity":"a"}""")]
    [TestCase("""{"type":"delete","project":"apollo","seq":1,"at":"2026-02-29T08:00:00.000Z","by":"ann","session":"s","n":1,"entity":"a"}""")]
    [TestCase("""{"type":"delete","project":"apollo","seq":1,"at":"2026-11-21T08:00:00.000Z","by":"ann","session":"s","n":1,"entity":"a"}{}""")]
    [TestCase("""{"type":"create","project":"apollo","seq":1,"at":"2026-11-21T08:00:00.000Z","by":"ann","session":"s","n":1,"entity":"a","kind":"card","version":1,"data":{"a":1,"a":1}}""")]
    [TestCase("""{"type":"create","project":"apollo","seq":1,"at":"2026-11-21T08:00:00.000Z","by":"ann","session":"s","n":1,"entity":"a","kind":"card","version":1,"data":{"__proto__":1}}""")]
    [TestCase("""{"type":"batch","project":"apollo","seq":1,"at":"2026-11-21T08:00:00.000Z","by":"ann","session":"s","n":1,"ops":[]}""")]
    public void What_breaks_a_rule_or_is_out_of_the_ordinary_is_not_its_business(string frame) => Plain(frame).Should().BeNull();

    [Test]
    public void Texts_that_come_again_are_the_same_string_however_many_there_are()
    {
        var texts = new TextCache();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 20_000; i++)
                texts.Get(Given.Utf8($"card-{i}")).Should().Be($"card-{i}");
        }
        texts.Get("ä long one, which stands for nothing but itself and its length of more than 64"u8).Should().StartWith("ä long");
        texts.Get("card-7"u8).Should().BeSameAs(texts.Get("card-7"u8));
    }

    private static ServerMessage.Happened? Plain(string frame) => PlainEventReader.TryRead(Given.Utf8(frame));

    /// <summary>White space is what the plain reading leaves to the general one.</summary>
    private static ServerMessage? General(string frame) =>
        new WireCodec(WireLimits.Trusted).TryDecode(Given.Utf8(" " + frame), out ServerMessage? message, out _) ? message : null;

    private static string? Written(ServerMessage? message)
    {
        if (message is null)
            return null;
        var output = new Utf8Buffer();
        WireCodec.Encode(output, message);
        return Given.Text(output.Written);
    }
}
