using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable(ParallelScope.All)]
public sealed class PlainCommandReaderTests
{
    [Test]
    public void It_reads_what_a_client_writes_just_as_the_general_reading_does([Range(1, 40)] int seed)
    {
        var chance = Given.Chance(seed);
        for (var i = 0; i < 50; i++)
        {
            var id = $"e-{chance.Next(5)}";
            Command command = chance.Next(4) switch
            {
                0 => new Command.Create(chance.Next(2) == 0 ? id : null, "card", Given.Fields(AnyJson.Fields(chance, 3))),
                1 => new Command.Patch(id, Given.Fields(AnyJson.Fields(chance, 3)), chance.Next(2) == 0 ? chance.Next(100) : null),
                2 => Given.Increment(id, "votes", chance.Next(-9, 9), chance.Next(2) == 0 ? chance.Next(100) : null),
                _ => Given.Delete(id, chance.Next(2) == 0 ? chance.Next(100) : null),
            };
            var frame = Written(new ClientMessage.Submit("apollo", 1 + chance.Next(1000), command));

            if (Plain(frame) is { } plain)
                Written(plain).Should().Be(Written(General(frame)!));
        }
    }

    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"b":1,"a":"x","c":null,"d":true,"e":1.50,"f":-0}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{},"ifVersion":3}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","increment":{"votes":-1}}""")]
    [TestCase("""{"type":"create","project":"apollo","n":7,"kind":"card","data":{"title":"käse","b":"\u0041"}}""")]
    [TestCase("""{"type":"create","project":"apollo","n":7,"entity":"a","kind":"card","data":{}}""")]
    [TestCase("""{"type":"delete","project":"apollo","n":9007199254740991,"entity":"a"}""")]
    public void The_usual_commands_are_its_business(string frame) => Written(Plain(frame)!).Should().Be(Written(General(frame)!));

    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":1,"a":2}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":01}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":-}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":nul}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":1,}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":9007199254740993}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":"\u0000"}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":"\ud800"}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"__proto__":1}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a b":1}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":1}}{}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":1},"patch":{"a":1}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a"}""")]
    [TestCase("""{"type":"update","project":"apollo","n":0,"entity":"a","patch":{"a":1}}""")]
    [TestCase("""{"type":"update","project":"Apollo","n":7,"entity":"a","patch":{"a":1}}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a b","patch":{"a":1}}""")]
    [TestCase("""{"type":"create","project":"apollo","n":7,"data":{}}""")]
    [TestCase("""{"type":"delete","project":"apollo","n":7,"entity":"a","ifVersion":-1}""")]
    public void What_is_to_be_refused_is_refused_by_the_general_reading(string frame)
    {
        Plain(frame).Should().BeNull();
        General(frame).Should().BeNull();
    }

    [Test]
    public void Limits_hold_for_it_as_well()
    {
        const string frame = """{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}}""";
        Plain(frame).Should().NotBeNull();

        Plain(frame, WireLimits.Default with { MessageBytes = frame.Length - 1 }).Should().BeNull();
        Plain(frame, WireLimits.Default with { ObjectKeys = 6 }).Should().BeNull();
        Plain(frame, WireLimits.Default with { MessageKeys = 11 }).Should().BeNull();
        Plain(frame, WireLimits.Default with { Depth = 1 }).Should().BeNull();
    }

    [Test]
    public void What_nests_is_not_its_business_however_it_begins([Values("", " ", "\t", "\n", "  ")] string blank, [Values("[", "{\"b\":")] string nesting)
    {
        var nested = string.Concat(Enumerable.Repeat(nesting, 40)) + "1" + new string(nesting == "[" ? ']' : '}', 40);
        foreach (var frame in new[]
        {
            $$$"""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"a":{{{blank + nested}}}}}""",
            $$$"""{"type":"create","project":"apollo","n":7,"kind":"card","data":{"a":{{{blank + nested}}}}}""",
        })
        {
            Plain(frame).Should().BeNull();

            new WireCodec(WireLimits.Default).TryDecode(Given.Utf8(frame), out ClientMessage? _, out var fault).Should().BeFalse();
            fault!.Detail.Should().Be(ErrorDetails.TooDeep);
        }
    }

    [Test]
    public void A_small_value_keeps_little_else_alive()
    {
        var large = new string('x', 10_000);
        var data = ((Command.Create)Plain($$$"""{"type":"create","project":"apollo","n":7,"kind":"card","data":{"a":"{{{large}}}","b":1,"c":"{{{large}}}","d":2}}""")!.Command).Data;

        data["b"]!.Value.ToString().Should().Be("1");
        ArrayOf(data["b"]!.Value).Length.Should().BeLessThanOrEqualTo(128);
        ArrayOf(data["d"]!.Value).Length.Should().BeLessThanOrEqualTo(128);
    }

    [Test]
    public void The_values_of_a_usual_command_lie_in_one_array()
    {
        var data = ((Command.Create)Plain("""{"type":"create","project":"apollo","n":7,"kind":"card","data":{"b":1,"a":"x","c":true}}""")!.Command).Data;

        ArrayOf(data["a"]!.Value).Should().BeSameAs(ArrayOf(data["b"]!.Value)).And.BeSameAs(ArrayOf(data["c"]!.Value));
    }

    private static byte[] ArrayOf(CanonicalValue value) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(value.AsMemory(), out var segment) ? segment.Array! : [];

    private static ClientMessage.Submit? Plain(string frame, WireLimits? limits = null) => PlainCommandReader.TryRead(Given.Utf8(frame), limits ?? WireLimits.Default);

    /// <summary>White space is what the plain reading leaves to the general one.</summary>
    private static ClientMessage.Submit? General(string frame) =>
        new WireCodec(WireLimits.Default).TryDecode(Given.Utf8(" " + frame), out ClientMessage? message, out _) ? (ClientMessage.Submit?)message : null;

    private static string Written(ClientMessage message)
    {
        var output = new Utf8Buffer();
        WireCodec.Encode(output, message);
        return Given.Text(output.Written);
    }
}
