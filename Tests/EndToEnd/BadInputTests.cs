using System.Text;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>
/// Whatever a client sends, it is answered with the code that the contract names, and nobody else notices: after every row a healthy client
/// of the same project creates something and a bystander hears it. One server bears all rows.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class BadInputTests
{
    private const string BadJson = "error invalid bad_json", BadEvent = "error invalid bad_event", Rejected = "reject invalid bad_event";

    private LiveServer _server = null!;

    /// <summary>How far the client had come when it sent the row.</summary>
    public enum Stage { Upgraded, Introduced, Joined }

    /// <param name="Bytes">What is sent.</param>
    /// <param name="Answer"><c>error CODE DETAIL</c>, <c>reject CODE DETAIL</c>, <c>close CODE</c>, or <c>fine</c> where it is to be understood.</param>
    public sealed record Row(string Name, Stage Stage, byte[] Bytes, string Answer)
    {
        /// <summary>Each row has a project to itself, so that rows may run side by side.</summary>
        public string Project => ProjectOf(Name);

        public override string ToString() => Name;
    }

    private static IEnumerable<Row> Rows() =>
    [
        // Not JSON, or not an object.
        Say("an empty message", "", BadJson),
        Say("only white space", " \n ", BadJson),
        Say("not JSON", "hello", BadJson),
        Say("half an object", """{"type":"ping","t":1""", BadJson),
        Say("an array", """[{"type":"ping","t":1}]""", BadJson),
        Say("a string", "\"ping\"", BadJson),
        Say("a number", "7", BadJson),
        Say("null", "null", BadJson),
        Say("two objects", """{"type":"ping","t":1}{"type":"ping","t":2}""", BadJson),
        Say("a trailing comma", """{"type":"ping","t":1,}""", BadJson),
        Say("a comment", """{"type":"ping",/*t*/"t":1}""", BadJson),
        Say("single quotes", "{'type':'ping','t':1}", BadJson),
        Say("a byte order mark", "\ufeff{\"type\":\"ping\",\"t\":1}", BadJson),
        Say("a raw line break in a string", "{\"type\":\"pi\nng\"}", BadJson),
        Say("a number with a leading zero", """{"type":"ping","t":01}""", BadJson),
        Say("NaN", """{"type":"ping","t":NaN}""", BadJson),

        // Duplicate keys.
        Say("a duplicate key", """{"type":"ping","t":1,"t":2}""", BadJson),
        Say("a duplicate key, once escaped", """{"type":"ping","t":1,"\u0074":2}""", BadJson),
        Say("a duplicate of a key that means nothing", """{"type":"ping","t":1,"zz":1,"zz":2}""", BadJson),
        Say("a duplicate key inside what means nothing", """{"type":"ping","t":1,"zz":{"a":1,"\u0061":2}}""", BadJson),
        Say("a duplicate key in data", Create(data: """{"a":1,"\u0061":2}"""), "reject invalid bad_json"),
        Say("a duplicate key deep in data", Create(data: """{"x":[{"a":1,"a":1}]}"""), "reject invalid bad_json"),
        Say("a duplicate key in user", """{"type":"connect","user":{"name":"a","name":"b"}}""", BadJson, Stage.Upgraded),

        // Depth and counts.
        Say("too deep", Create(data: $$$"""{"a":{{{new string('[', 40)}}}{{{new string(']', 40)}}}}"""), "reject invalid too_deep"),
        Say("too deep behind a blank", Create(data: $$$"""{"a": {{{new string('[', 40)}}}{{{new string(']', 40)}}}}"""), "reject invalid too_deep"),
        Say("too deep in what means nothing", $$$"""{"type":"ping","t":1,"zz":{{{new string('[', 5000)}}}{{{new string(']', 5000)}}}}""", "error invalid too_deep"),
        Say("too deep and never closed", "{\"type\":" + new string('[', 60_000), "error invalid too_deep"),
        Say("as deep as may be", Create(data: $$$"""{"a":{{{new string('[', 30)}}}{{{new string(']', 30)}}}}"""), "fine"),
        Say("too many keys in data", Create(data: Keys(65)), "reject too_large"),
        Say("as many keys as may be", Create(data: Keys(64)), "fine"),
        Say("too many keys in a nested object", Create(data: $$$"""{"a":{{{Keys(65)}}}}"""), "reject too_large"),
        Say("too many keys in a message", $$$"""{"type":"ping","t":1,{{{Keys(65)[1..]}}}""", "error too_large"),
        Say("too many keys together", Create(data: $$$"""{"a":[{{{string.Join(',', Enumerable.Repeat(Keys(60), 20))}}}]}"""), "reject too_large"),
        Say("too many operations", $$$"""{"type":"batch","project":"$p","n":1,"ops":[{{{string.Join(',', Enumerable.Repeat("""{"type":"delete","entity":"a"}""", 101))}}}]}""", "reject too_large"),
        Say("a presence too large", $$$"""{"type":"presence","project":"$p","data":{"a":"{{{new string('x', 2100)}}}"}}""", "error too_large"),
        Say("a presence too large at the door", $$$"""{"type":"join","id":"j","project":"$p","session":"0123456789abcdef","presence":{"a":"{{{new string('x', 2100)}}}"}}""", "error too_large", Stage.Introduced),
        Say("too many pending numbers", $$$"""{"type":"join","id":"j","project":"$p","session":"0123456789abcdef","pending":[{{{string.Join(',', Enumerable.Range(1, 65))}}}]}""", "error too_large", Stage.Introduced),
        Say("a message too large", $$$"""{"type":"ping","t":1,"zz":"{{{new string('x', 70_000)}}}"}""", "close 1009"),
        Say("a message as large as may be", Padded(64 * 1024), "fine"),
        Say("a message one byte too large", Padded(64 * 1024 + 1), "close 1009"),

        // Strings and keys that replicas could read differently.
        Say("a lone surrogate in a value", Create(data: """{"a":"\ud800"}"""), Rejected),
        Say("a lone surrogate in a key", Create(data: """{"\udc00":1}"""), Rejected),
        Say("a lone surrogate in a key that means nothing", """{"type":"ping","t":1,"\ud800":2}""", BadEvent),
        Say("a lone surrogate in a type", """{"type":"\ud83d"}""", BadEvent),
        Say("a lone surrogate in a name", """{"type":"connect","user":{"name":"\ud800"}}""", BadEvent, Stage.Upgraded),
        Say("U+0000 in a value", Create(data: """{"a":"x\u0000"}"""), Rejected),
        Say("U+0000 in a key", Create(data: """{"a":{"\u0000":1}}"""), Rejected),
        Say("__proto__ as a field", Create(data: """{"__proto__":{"admin":true}}"""), Rejected),
        Say("__proto__, escaped", Create(data: """{"\u005f_proto__":1}"""), Rejected),
        Say("constructor deep in data", Create(data: """{"a":[{"constructor":1}]}"""), Rejected),
        Say("prototype in a message", """{"type":"ping","t":1,"prototype":1}""", BadEvent),
        Say("__proto__ in a user", """{"type":"connect","user":{"name":"a","__proto__":1}}""", BadEvent, Stage.Upgraded),
        Say("__proto__ as an entity", Create(entity: "__proto__"), Rejected),
        Say("constructor as a counter", """{"type":"update","project":"$p","n":1,"entity":"a","increment":{"constructor":1}}""", Rejected),
        Say("__proto__ in what is asked", """{"type":"query","id":"q","project":"$p","where":{"__proto__":1}}""", BadEvent),

        // Types and fields.
        Say("no type", """{"t":1}""", BadEvent),
        Say("a type that is no string", """{"type":1}""", BadEvent),
        Say("a type nobody knows", """{"type":"explode"}""", "error unsupported"),
        Say("a type in capitals", """{"type":"Ping","t":1}""", "error unsupported"),
        Say("what only a server says", """{"type":"joined","id":"j"}""", "error unsupported"),
        Say("a ping without t", """{"type":"ping"}""", BadEvent),
        Say("a ping with a string", """{"type":"ping","t":"1"}""", BadEvent),
        Say("a ping with null", """{"type":"ping","t":null}""", BadEvent),
        Say("a user that is a string", """{"type":"connect","user":"ann"}""", BadEvent, Stage.Upgraded),
        Say("a user without letters", """{"type":"connect","user":{"name":""}}""", BadEvent, Stage.Upgraded),
        Say("a user name with a line break", """{"type":"connect","user":{"name":"a\nb"}}""", BadEvent, Stage.Upgraded),
        Say("a user name too long", $$$"""{"type":"connect","user":{"name":"{{{new string('x', 65)}}}"}}""", BadEvent, Stage.Upgraded),
        Say("a join without id", """{"type":"join","project":"$p","session":"0123456789abcdef"}""", BadEvent, Stage.Introduced),
        Say("a join without session", """{"type":"join","id":"j","project":"$p"}""", BadEvent, Stage.Introduced),
        Say("a session too short", """{"type":"join","id":"j","project":"$p","session":"short"}""", BadEvent, Stage.Introduced),
        Say("a session with spaces", """{"type":"join","id":"j","project":"$p","session":"0123456789 abcdef"}""", BadEvent, Stage.Introduced),
        Say("a session that is a number", """{"type":"join","id":"j","project":"$p","session":1234567890123456}""", BadEvent, Stage.Introduced),
        Say("since without epoch", """{"type":"join","id":"j","project":"$p","session":"0123456789abcdef","since":{"seq":1}}""", BadEvent, Stage.Introduced),
        Say("since with a fraction", """{"type":"join","id":"j","project":"$p","session":"0123456789abcdef","since":{"epoch":"a","seq":1.5}}""", BadEvent, Stage.Introduced),
        Say("pending that is no array", """{"type":"join","id":"j","project":"$p","session":"0123456789abcdef","pending":7}""", BadEvent, Stage.Introduced),
        Say("pending with a word", """{"type":"join","id":"j","project":"$p","session":"0123456789abcdef","pending":["7"]}""", BadEvent, Stage.Introduced),
        Say("listen that is a word", """{"type":"join","id":"j","project":"$p","session":"0123456789abcdef","listen":"no"}""", BadEvent, Stage.Introduced),
        Say("a presence that is a list", """{"type":"presence","project":"$p","data":[]}""", BadEvent),
        Say("a broadcast without data", """{"type":"broadcast","project":"$p","topic":"a"}""", BadEvent),
        Say("a broadcast without topic", """{"type":"broadcast","project":"$p","data":1}""", BadEvent),
        Say("a topic with spaces", """{"type":"broadcast","project":"$p","topic":"a b","data":1}""", BadEvent),
        Say("a create without kind", """{"type":"create","project":"$p","n":1,"data":{}}""", Rejected),
        Say("a create without data", """{"type":"create","project":"$p","n":1,"kind":"card"}""", Rejected),
        Say("data that is a list", Create(data: "[]"), Rejected),
        Say("data that is null", Create(data: "null"), Rejected),
        Say("a field with a space", Create(data: """{"a b":1}"""), Rejected),
        Say("a field without letters", Create(data: """{"":1}"""), Rejected),
        Say("an update of nothing", """{"type":"update","project":"$p","n":1,"entity":"a"}""", Rejected),
        Say("an update of two kinds", """{"type":"update","project":"$p","n":1,"entity":"a","patch":{},"increment":{"v":1}}""", Rejected),
        Say("an increment by a fraction", """{"type":"update","project":"$p","n":1,"entity":"a","increment":{"v":1.5}}""", Rejected),
        Say("an increment by a word", """{"type":"update","project":"$p","n":1,"entity":"a","increment":{"v":"1"}}""", Rejected),
        Say("an increment of nothing", """{"type":"update","project":"$p","n":1,"entity":"a","increment":{}}""", Rejected),
        Say("an edit of nothing", """{"type":"update","project":"$p","n":1,"entity":"a","edit":{"field":"body"}}""", Rejected),
        Say("an edit that goes nowhere", """{"type":"update","project":"$p","n":1,"entity":"a","edit":{"field":"body","base":0,"delta":[{"retain":0}]}}""", "reject invalid bad_delta"),
        Say("an edit with half a character", """{"type":"update","project":"$p","n":1,"entity":"a","edit":{"field":"body","base":0,"delta":[{"insert":"\ud800"}]}}""", "reject invalid bad_unicode"),
        Say("an edit of no entity", """{"type":"update","project":"$p","n":1,"entity":"none","edit":{"field":"body","base":0,"delta":[{"insert":"x"}]}}""", "reject not_found"),
        Say("an empty batch", """{"type":"batch","project":"$p","n":1,"ops":[]}""", Rejected),
        Say("a batch in a batch", """{"type":"batch","project":"$p","n":1,"ops":[{"type":"batch","ops":[{"type":"delete","entity":"a"}]}]}""", Rejected),
        Say("a ping in a batch", """{"type":"batch","project":"$p","n":1,"ops":[{"type":"ping","t":1}]}""", Rejected),
        Say("a word in a batch", """{"type":"batch","project":"$p","n":1,"ops":["delete"]}""", "reject invalid bad_json"),
        Say("ops that are an object", """{"type":"batch","project":"$p","n":1,"ops":{}}""", Rejected),
        Say("a query without id", """{"type":"query","project":"$p"}""", BadEvent),
        Say("a query by a list", """{"type":"query","id":"q","project":"$p","where":[]}""", BadEvent),
        Say("a match that is a number", """{"type":"query","id":"q","project":"$p","match":{"a":1}}""", BadEvent),
        Say("a limit of 0", """{"type":"query","id":"q","project":"$p","limit":0}""", BadEvent),
        Say("a limit below 0", """{"type":"query","id":"q","project":"$p","limit":-1}""", BadEvent),
        Say("a sort by nothing", """{"type":"query","id":"q","project":"$p","sort":"-"}""", BadEvent),
        Say("after without entity", """{"type":"query","id":"q","project":"$p","after":{"value":1}}""", BadEvent),
        Say("history of nothing", """{"type":"history","id":"h","project":"$p"}""", BadEvent),
        Say("history of two kinds", """{"type":"history","id":"h","project":"$p","from":1,"at":1}""", BadEvent),
        Say("history at what is to come", """{"type":"history","id":"h","project":"$p","at":9007199254740991}""", "error gone"),
        Say("a verdict on nothing", """{"type":"validate","id":"v","project":"$p"}""", BadEvent),
        Say("a verdict on a question", """{"type":"validate","id":"v","project":"$p","command":{"type":"query"}}""", BadEvent),
        Say("a request id with spaces", """{"type":"query","id":"a b","project":"$p"}""", BadEvent),
        Say("a request id too long", $$$"""{"type":"cancel","id":"{{{new string('x', 65)}}}"}""", BadEvent),

        // Numbers.
        Say("1e999", Create(data: """{"a":1e999}"""), Rejected),
        Say("2^53", Create(data: """{"a":9007199254740992}"""), Rejected),
        Say("2^53 - 1", Create(data: """{"a":9007199254740991,"b":-9007199254740991}"""), "fine"),
        Say("minus zero and tiny numbers", Create(data: """{"a":-0,"b":-0.0,"c":1e-400,"d":5e-324}"""), "fine"),
        Say("a number of 10,000 digits", Create(data: $$$"""{"a":{{{new string('9', 10_000)}}}}"""), Rejected),
        Say("a tiny number of 10,000 digits", Create(data: $$$"""{"a":0.{{{new string('1', 10_000)}}}}"""), "fine"),
        Say("n is 0", Create(n: "0"), BadEvent),
        Say("n is below 0", Create(n: "-1"), BadEvent),
        Say("n is minus zero", Create(n: "-0"), BadEvent),
        Say("n is a fraction", Create(n: "1.5"), BadEvent),
        Say("n is 1.0", Create(n: "1.0"), BadEvent),
        Say("n is 2^53", Create(n: "9007199254740992"), BadEvent),
        Say("n is beyond 64 bits", Create(n: "99999999999999999999"), BadEvent),
        Say("n is a word", Create(n: "\"1\""), BadEvent),
        Say("no n", """{"type":"create","project":"$p","kind":"card","data":{}}""", BadEvent),
        Say("an increment beyond 2^53", """{"type":"update","project":"$p","n":1,"entity":"a","increment":{"v":9007199254740992}}""", Rejected),
        Say("ifVersion is a fraction", """{"type":"update","project":"$p","n":1,"entity":"a","patch":{},"ifVersion":1.5}""", Rejected),

        // Names.
        Say("no project", """{"type":"create","n":1,"kind":"card","data":{}}""", BadEvent),
        Project("../.."), Project("..%2f.."), Project("/etc/passwd"), Project("a/b"), Project("a..b"), Project("A"), Project("a b"), Project(""),
        Project(".a"), Project("con:"), Project("\\u0000"), Project("p\\u00e4"), Project(new string('x', 65)),
        Say("an entity with a slash", Create(entity: "a/b"), Rejected),
        Say("an entity too long", Create(entity: new string('x', 65)), Rejected),
        Say("an entity without letters", Create(entity: ""), Rejected),

        // In the wrong place.
        Say("a join before connect", """{"type":"join","id":"j","project":"$p","session":"0123456789abcdef"}""", "error unauthenticated", Stage.Upgraded),
        Say("a command before connect", Create(), "reject unauthenticated", Stage.Upgraded),
        Say("a cancel before connect", """{"type":"cancel","id":"q"}""", "error unauthenticated", Stage.Upgraded),
        Say("a command before join", Create(), "reject forbidden", Stage.Introduced),
        Say("a broadcast before join", """{"type":"broadcast","project":"$p","topic":"a","data":1}""", "error forbidden", Stage.Introduced),
        Say("a presence before join", """{"type":"presence","project":"$p","data":{}}""", "error forbidden", Stage.Introduced),
        Say("a query before join", """{"type":"query","id":"q","project":"$p"}""", "error forbidden", Stage.Introduced),
        Say("a history before join", """{"type":"history","id":"h","project":"$p","from":1}""", "error forbidden", Stage.Introduced),
        Say("a validate before join", """{"type":"validate","id":"v","project":"$p","command":{"type":"delete","entity":"a"}}""", "error forbidden", Stage.Introduced),
        Say("a leave before join", """{"type":"leave","id":"l","project":"$p"}""", "error forbidden", Stage.Introduced),
        Say("a second connect", """{"type":"connect","user":{"name":"eve"}}""", BadEvent),
        Say("a second join", """{"type":"join","id":"j","project":"$p","session":"0123456789abcdef"}""", "error exists"),
        Say("a broadcast to nobody", """{"type":"broadcast","project":"$p","topic":"a","data":1,"to":"nobody"}""", "fine"),
        Say("forged seq, author and time", """{"type":"create","project":"$p","n":1,"seq":99,"at":"x","by":"root","session":"y","version":5,"kind":"card","data":{}}""", "fine"),

        // Frames (RFC 6455 section 5).
        Raw("a binary message", Frame(2, "{}"), "close 1003"),
        Raw("an empty binary message", Frame(2, ""), "close 1003"),
        Raw("a binary fragment", Frame(2, "{", final: false), "close 1003"),
        Raw("bytes that are not UTF-8", RawClient.Encode(1, [0x22, 0xFF, 0x22]), "close 1007"),
        Raw("an overlong encoding", RawClient.Encode(1, [0x22, 0xC0, 0xAF, 0x22]), "close 1007"),
        Raw("an encoded surrogate", RawClient.Encode(1, [0x22, 0xED, 0xA0, 0x80, 0x22]), "close 1007"),
        Raw("half a character at the end", RawClient.Encode(1, [0x22, 0xE2, 0x82]), "close 1007"),
        Raw("a character cut by fragments", [.. RawClient.Encode(1, [.. """{"type":"ping","t":1,"zz":"""u8, 0x22, 0xE2], final: false), .. RawClient.Encode(0, [0x82, 0xAC, 0x22, .. "}"u8])], "fine"),
        Raw("fragments with a ping between", [.. Frame(1, """{"type":"pi""", final: false), .. Frame(9, "x"), .. Frame(0, "", final: false), .. Frame(0, """ng","t":1}""")], "fine"),
        Raw("empty fragments before the text", [.. Frame(1, "", final: false), .. Frame(0, "", final: false), .. Frame(0, """{"type":"ping","t":1}""")], "fine"),
        Raw("a message of empty fragments", [.. Frame(1, "", final: false), .. Frame(0, "")], BadJson),
        Raw("fragments without end", [.. Frame(1, "{", final: false), .. Enumerable.Repeat(Frame(0, "", final: false), 5000).SelectMany(frame => frame)], "close 1009"),
        Raw("fragments too large together", [.. Frame(1, new string(' ', 40_000), final: false), .. Frame(0, new string(' ', 40_000))], "close 1009"),
        Raw("a continuation of nothing", Frame(0, "{}"), "close 1002"),
        Raw("a new message in a fragmented one", [.. Frame(1, "{", final: false), .. Frame(1, "}")], "close 1002"),
        Raw("reserved bit 1", RawClient.Encode(1, "{}"u8, reserved: 4), "close 1002"),
        Raw("reserved bit 2", RawClient.Encode(1, "{}"u8, reserved: 2), "close 1002"),
        Raw("reserved bit 3", RawClient.Encode(1, "{}"u8, reserved: 1), "close 1002"),
        Raw("a reserved opcode", Frame(3, "{}"), "close 1002"),
        Raw("a reserved control opcode", Frame(11, ""), "close 1002"),
        Raw("a frame without a mask", RawClient.Encode(1, """{"type":"ping","t":1}"""u8, masked: false), "close 1002"),
        Raw("a control frame too long", Frame(9, new string('x', 126)), "close 1002"),
        Raw("a fragmented control frame", Frame(9, "x", final: false), "close 1002"),
        Raw("a length with its highest bit set", [0x81, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4], "close 1002"),
        Raw("a length of 2^62", [0x81, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, .. new byte[70_000]], "close 1009"),
        Raw("a close with half a code", RawClient.Encode(8, [3]), "close 1002"),
        Raw("a close with a code that may not be sent", RawClient.Encode(8, [1005 >> 8, 1005 & 0xFF]), "close 1002"),
        Raw("a close with a reason that is not UTF-8", RawClient.Encode(8, [3, 0xE8, 0xFF]), "close 1002"),
        Raw("a close without a code", RawClient.Encode(8, []), "close 1000"),
        Raw("a close", RawClient.Encode(8, [3, 0xE8]), "close 1000"),
        Raw("random bytes", RandomBytes(), "close 1002"),
        Raw("HTTP in a socket", [.. "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8], "close 1002"),
    ];

    [OneTimeSetUp]
    public async Task StartServer() => _server = await LiveServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [TestCaseSource(nameof(Rows))]
    public async Task Bad_input_is_answered_and_nobody_else_notices(Row row)
    {
        var project = row.Project;
        await using var healthy = await _server.JoinAsync("healthy", project);
        await using var bystander = await _server.JoinAsync("bystander", project);
        await using var client = await _server.UpgradeAsync();
        if (row.Stage != Stage.Upgraded)
            await client.IntroduceAsync("eve");
        if (row.Stage == Stage.Joined)
            await client.JoinAsync(project);

        await client.SendRawAsync(row.Bytes);
        var answer = row.Answer.StartsWith("close", StringComparison.Ordinal) ? await CloseOf(client) : await AnswerOf(client, project, row);

        answer.Should().Be(row.Answer, client.Transcript.LastOrDefault()?.Text);
        await healthy.SayAsync($$$"""{"type":"create","project":"{{{project}}}","n":1,"entity":"alive","kind":"card","data":{}}""");
        (await bystander.HearAsync("create", heard => heard.Word("entity") == "alive")).Word("by").Should().Be("healthy");
    }

    [Test]
    public async Task One_error_more_than_the_limit_ends_the_connection()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:ErrorsMax=5");
        await using var ann = await server.JoinAsync();

        for (var i = 0; i < 6; i++)
            await ann.SayAsync("nonsense");
        var code = await ann.HearCloseAsync();

        code.Should().Be(4400);
        ann.Transcript.Count(heard => heard.Type == "error").Should().Be(5);
        ann.Transcript[^1].Text.Should().Be("""{"type":"disconnect","code":"bad_request","reason":"Too many malformed messages.","reconnect":true}""");
    }

    [Test]
    public async Task Errors_that_are_ten_seconds_old_are_forgiven()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time, "--EventOnly:Connections:ErrorsMax=2");
        await using var ann = await server.ConnectAsync();

        for (var i = 0; i < 6; i++)
        {
            await ann.SayAsync("nonsense");
            (await ann.NextAsync()).Type.Should().Be("error");
            time.Advance(TimeSpan.FromSeconds(6));
        }
        await ann.SayAsync("""{"type":"ping","t":1}""");

        (await ann.NextAsync()).Type.Should().Be("pong");
    }

    [Test]
    public async Task What_is_refused_by_the_rules_of_a_project_is_no_malformed_message()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:ErrorsMax=2");
        await using var ann = await server.JoinAsync();

        for (var n = 1; n <= 10; n++)
            await ann.SayAsync($$$"""{"type":"delete","project":"apollo","n":{{{n}}},"entity":"nobody"}""");

        (await ann.HearAllAsync()).Select(heard => heard.Word("code")).Should().HaveCount(10).And.AllBe("not_found");
    }

    private static async Task<string> AnswerOf(RawClient client, string project, Row row)
    {
        if (row.Answer == "fine")
            return (await client.HearAllAsync(project)).Find(IsComplaint) is { } complaint ? Describe(complaint) : "fine";
        var answer = Describe(await client.HearAsync("error", orType: "reject"));
        if (row.Stage == Stage.Upgraded)
            return answer;
        await client.SayAsync("""{"type":"ping","t":424242}""");
        await client.HearAsync("pong", heard => heard.Number("t") == 424242); // it is understood as ever
        return answer;
    }

    private static bool IsComplaint(Heard heard) => heard.Type is "error" or "reject";

    private static string Describe(Heard heard) => $"{heard.Type} {heard.Word("code")} {heard.Word("detail")}".TrimEnd();

    private static async Task<string> CloseOf(RawClient client)
    {
        var code = await client.HearCloseAsync();
        if (code != 1000)
            client.Transcript[^1].Type.Should().Be("disconnect", "every end that the server chooses is announced");
        return $"close {code}";
    }

    private static Row Say(string name, string text, string answer, Stage stage = Stage.Joined) =>
        new(name, stage, Frame(1, text.Replace("$p", ProjectOf(name), StringComparison.Ordinal)), answer);

    private static Row Project(string id) =>
        Say($"project {(id.Length > 20 ? "too long" : $"'{id}'")}", $$$"""{"type":"join","id":"j","project":"{{{id}}}","session":"0123456789abcdef"}""", BadEvent, Stage.Introduced);

    private static Row Raw(string name, byte[] bytes, string answer) => new(name, Stage.Joined, bytes, answer);

    private static string ProjectOf(string name) => "row-" + string.Concat(name.Where(char.IsAsciiLetterOrDigit).Take(60)).ToLowerInvariant();

    private static byte[] Frame(int opcode, string text, bool final = true) => RawClient.Encode(opcode, Encoding.UTF8.GetBytes(text), final);

    private static string Create(string data = "{}", string entity = "a", string n = "1") =>
        $$$"""{"type":"create","project":"$p","n":{{{n}}},"entity":"{{{entity}}}","kind":"card","data":{{{data}}}}""";

    private static string Keys(int count) => "{" + string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":{i}")) + "}";

    private static string Padded(int bytes)
    {
        const string head = """{"type":"ping","t":1,"zz":""" + "\"", tail = "\"}";
        return head + new string('x', bytes - head.Length - tail.Length) + tail;
    }

    private static byte[] RandomBytes()
    {
        var bytes = new byte[4096];
        new Random(7).NextBytes(bytes);
        bytes[0] = 0xF3; // not by chance a frame that goes on for ever
        return bytes;
    }
}
