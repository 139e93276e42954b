using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class WireRefusalTests
{
    private const string Edit = """{"type":"update","project":"apollo","n":7,"entity":"a","edit":{""";
    private const string Create = """{"type":"create","project":"apollo","n":1,"kind":"card",""";

    [TestCase("", ErrorDetails.BadJson)]
    [TestCase("nonsense", ErrorDetails.BadJson)]
    [TestCase("[1]", ErrorDetails.BadJson)]
    [TestCase("\"ping\"", ErrorDetails.BadJson)]
    [TestCase("""{"type":"ping","t":1}{}""", ErrorDetails.BadJson)]
    [TestCase("""{"type":"ping","t":1,"t":1}""", ErrorDetails.BadJson)]
    [TestCase("""{"type":"ping","t":1,"new":{"a":1,"a":2}}""", ErrorDetails.BadJson)]
    [TestCase("""{"type":"ping","t":1,"new":1,"new":2}""", ErrorDetails.BadJson)]
    [TestCase(Create + """ "data":{"a":{"b":1,"b":2}}}""", ErrorDetails.BadJson)]
    [TestCase("{}", ErrorDetails.BadEvent)]
    [TestCase("""{"type":5}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"ping"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"ping","t":"1"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"ping","t":1,"new":"\u0000"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"ping","t":1,"new":{"__proto__":1}}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"ping","t":1,"constructor":1}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"ping","t":1,"new":"\ud800"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"ping","t":1,"\ud800":1}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"ping","t":1e400}""", ErrorDetails.BadEvent)]
    [TestCase(Create + """ "data":5}""", ErrorDetails.BadEvent)]
    [TestCase(Create + """ "data":{"a b":1}}""", ErrorDetails.BadEvent)]
    [TestCase(Create + """ "data":{"a":9007199254740992}}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"create","project":"Apollo","n":1,"kind":"card","data":{}}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"create","project":"apollo","n":0,"kind":"card","data":{}}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"create","project":"apollo","n":1.0,"kind":"card","data":{}}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"create","project":"apollo","n":9007199254740992,"kind":"card","data":{}}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"update","project":"apollo","n":1,"entity":"a"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"update","project":"apollo","n":1,"entity":"a","patch":{},"increment":{"x":1}}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"update","project":"apollo","n":1,"entity":"a","increment":{"x":1.5}}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"update","project":"apollo","n":1,"entity":"a","increment":{}}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"batch","project":"apollo","n":1,"ops":[]}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"batch","project":"apollo","n":1,"ops":[{"type":"batch","ops":[]}]}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"join","id":"j","project":"apollo","session":"short"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"join","id":"j","project":"apollo","session":"0123456789abcdef","pending":[0]}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","from":1,"at":1}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","from":1,"before":1}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","before":1,"last":1}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","from":null,"at":null}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","from":-1}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","before":"1"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","last":0}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","last":1,"limit":1}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","last":1,"to":1}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","before":9,"to":1}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","last":1,"field":"title"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","last":1,"entity":"no name"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","last":1,"entity":"a","field":"a b"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","last":1,"by":""}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","at":1,"limit":1}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","at":1,"entity":"a"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","at":-1}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","at":"yesterday"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","at":"2026-11-21T08:00:00Z"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","at":"2026-02-30T08:00:00.000Z"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"history","id":"h","project":"apollo","at":true}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"query","id":"q","project":"apollo","sort":"-"}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"query","id":"q","project":"apollo","match":{"title":1}}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"query","id":"q","project":"apollo","limit":0}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"connect","user":{"name":""}}""", ErrorDetails.BadEvent)]
    [TestCase("""{"type":"connect","user":5}""", ErrorDetails.BadEvent)]
    [TestCase(Edit + "}}", ErrorDetails.BadEvent)]
    [TestCase(Edit + """ "base":1,"delta":[{"insert":"x"}]}}""", ErrorDetails.BadEvent)]
    [TestCase(Edit + """ "field":"a b","base":1,"delta":[{"insert":"x"}]}}""", ErrorDetails.BadEvent)]
    [TestCase(Edit + """ "field":"f","base":-1,"delta":[{"insert":"x"}]}}""", ErrorDetails.BadEvent)]
    [TestCase(Edit + """ "field":"f","base":1}}""", ErrorDetails.BadEvent)]
    [TestCase(Edit + """ "field":"f","base":1,"delta":[{"insert":"x"}]},"ifVersion":1}""", ErrorDetails.BadEvent)]
    [TestCase(Edit + """ "field":"f","base":1,"delta":{}}}""", ErrorDetails.BadDelta)]
    [TestCase(Edit + """ "field":"f","base":1,"delta":[{"insert":"x","bold":true}]}}""", ErrorDetails.BadDelta)]
    [TestCase(Edit + """ "field":"f","base":1,"delta":[{"retain":2147483647},{"delete":1}]}}""", ErrorDetails.BadDelta)]
    [TestCase(Edit + """ "field":"f","base":1,"delta":[]}}""", ErrorDetails.NotNormal)]
    [TestCase(Edit + """ "field":"f","base":1,"delta":[{"delete":1},{"insert":"x"}]}}""", ErrorDetails.NotNormal)]
    [TestCase(Edit + """ "field":"f","base":1,"delta":[{"insert":"\ud800"}]}}""", ErrorDetails.BadUnicode)]
    [TestCase(Edit + """ "field":"f","base":1,"delta":[{"insert":"\u0000"}]}}""", ErrorDetails.BadUnicode)]
    [TestCase("""{"type":"batch","project":"apollo","n":7,"ops":[{"type":"update","entity":"a","edit":{"field":"f","base":1,"delta":[{"insert":"x"}]}}]}""", ErrorDetails.BadEvent)]
    public void A_frame_that_breaks_a_rule_is_invalid_and_its_detail_says_how(string frame, string detail)
    {
        var fault = Refuse(frame);

        (fault.Code, fault.Detail).Should().Be((ErrorCode.Invalid, detail));
    }

    [Test]
    public void A_type_that_is_not_known_is_unsupported() => Refuse("""{"type":"teleport","id":"x"}""").Code.Should().Be(ErrorCode.Unsupported);

    [Test]
    public void A_frame_that_is_not_UTF_8_is_refused()
    {
        new WireCodec(WireLimits.Default).TryDecode([.. "{\"type\":\""u8, 0xFF, .. "\"}"u8], out ClientMessage? _, out var fault).Should().BeFalse();
        fault!.Code.Should().Be(ErrorCode.Invalid);
    }

    [TestCase(10_000, true)]
    [TestCase(10_001, false)]
    public void An_edit_may_have_ten_thousand_parts_which_are_no_keys_of_the_message(int parts, bool good)
    {
        var delta = string.Join(',', Enumerable.Range(1, parts).Select(i => (parts - i) % 2 == 0 ? """{"delete":1}""" : """{"retain":1}"""));
        var frame = Edit + "\"field\":\"f\",\"base\":1,\"delta\":[" + delta + "]}}";
        var limits = WireLimits.Default with { MessageBytes = 1 << 20 };
        foreach (var text in new[] { frame, " " + frame }) // also by the general reading
        {
            var understood = new WireCodec(limits).TryDecode(Given.Utf8(text), out ClientMessage? message, out var fault);
            (understood, fault?.Detail, fault?.N).Should().Be(good ? (true, null, null) : (false, ErrorDetails.BadDelta, 7));
            if (good)
                ((EventOnly.Protocol.State.Command.Edit)((ClientMessage.Submit)message!).Command).Delta.Count.Should().Be(parts);
        }
    }

    [TestCase(32, true)]
    [TestCase(33, false)]
    [TestCase(34, false)]
    [TestCase(5000, false)]
    public void Nesting_is_allowed_to_its_limit_the_message_being_the_first_level(int levels, bool good)
    {
        var frame = Create + "\"data\":{\"a\":" + new string('[', levels - 2) + new string(']', levels - 2) + "}}";

        if (good)
            Read(frame).Should().BeOfType<ClientMessage.Submit>();
        else
            Refuse(frame).Detail.Should().Be(ErrorDetails.TooDeep);
    }

    private static IEnumerable<TestCaseData> TooLarge =>
    [
        new TestCaseData(Create + "\"data\":{" + Keys(65) + "}}").SetArgDisplayNames("65 keys in an object"),
        new TestCaseData(Create + "\"data\":{\"a\":{" + Keys(65) + "}}}").SetArgDisplayNames("65 keys in an object inside"),
        new TestCaseData(Create + "\"data\":{\"a\":[" + string.Join(',', Enumerable.Repeat("{" + Keys(60) + "}", 17)) + "]}}").SetArgDisplayNames("1020 keys together"),
        new TestCaseData("{" + Keys(1001) + "}").SetArgDisplayNames("1001 keys at the top"),
        new TestCaseData(Create + "\"data\":{\"a\":\"" + new string('x', 64 * 1024) + "\"}}").SetArgDisplayNames("64 KiB"),
        new TestCaseData("""{"type":"batch","project":"apollo","n":1,"ops":[""" + string.Join(',', Enumerable.Repeat("""{"type":"delete","entity":"a"}""", 101)) + "]}").SetArgDisplayNames("101 operations"),
        new TestCaseData("""{"type":"presence","project":"apollo","data":{"a":" """ + new string('x', 2048) + "\"}}").SetArgDisplayNames("2 KiB of presence"),
        new TestCaseData("""{"type":"join","id":"j","project":"apollo","session":"0123456789abcdef","pending":[""" + string.Join(',', Enumerable.Range(1, 65)) + "]}").SetArgDisplayNames("65 pending numbers"),
    ];

    [TestCaseSource(nameof(TooLarge))]
    public void More_than_a_limit_allows_is_too_large(string frame) => Refuse(frame).Code.Should().Be(ErrorCode.TooLarge);

    [TestCase("""{"type":"create","project":"apollo","n":7,"kind":5,"data":{}}""", TestName = "a wrong value")]
    [TestCase("""{"type":"create","project":"apollo","n":7,"kind":"card","data":{"a":1,"a":2}}""", TestName = "a duplicate key in the data")]
    [TestCase("""{"kind":5,"data":{},"n":7,"project":"apollo","type":"create"}""", TestName = "the address at the end")]
    [TestCase("""{"type":"create","project":"apollo","n":7,"kind":"card","data":{"a":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}""", TestName = "too deep")]
    [TestCase("""{"type":"create","project":"apollo","n":7,"kind":"card","kind":"card","data":{}}""", TestName = "a duplicate key at the top")]
    [TestCase("""{"type":"create","project":"apollo","n":7,"kind":"card","data":{},"new":{"__proto__":1}}""", TestName = "a magic key in what nobody reads")]
    public void A_command_that_cannot_be_understood_is_answered_by_its_number(string frame)
    {
        var fault = Refuse(frame);

        (fault.Project, fault.N).Should().Be(("apollo", 7));
    }

    [Test]
    public void What_is_cut_short_is_answered_as_far_as_its_address_could_be_read() =>
        Refuse("""{"type":"create","project":"apollo","n":7,""").Should().BeEquivalentTo(new { Project = "apollo", N = 7L });

    [Test]
    public void A_request_that_cannot_be_understood_is_answered_by_its_id() =>
        Refuse("""{"type":"query","id":"q1","project":"apollo","limit":"many"}""").Id.Should().Be("q1");

    [Test]
    public void An_address_that_is_itself_wrong_is_not_repeated() =>
        Refuse("""{"type":"query","id":"no name","project":"No Project","n":-1}""").Should().BeEquivalentTo(new { Id = (string?)null, Project = (string?)null, N = (long?)null });

    [Test]
    public void Order_and_unknown_properties_do_not_matter() =>
        Read("""{"future":[{"a":null}],"t":5,"type":"ping"}""").Should().Be(new ClientMessage.Ping(Given.Value("5")));

    private static string Keys(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":1"));

    private static ClientMessage Read(string frame)
    {
        new WireCodec(WireLimits.Default).TryDecode(Given.Utf8(frame), out ClientMessage? message, out var fault).Should().BeTrue(fault?.Message);
        return message!;
    }

    private static FrameFault Refuse(string frame)
    {
        new WireCodec(WireLimits.Default).TryDecode(Given.Utf8(frame), out ClientMessage? _, out var fault).Should().BeFalse();
        return fault!;
    }
}
