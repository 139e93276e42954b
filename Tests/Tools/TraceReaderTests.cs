using System.IO.Compression;
using System.Text;
using EventOnly.Protocol.Text;
using EventOnly.Tools;
using EventOnly.Tools.Replay;
using EventOnly.Tools.Traces;

namespace EventOnly.Tests.Tools;

/// <summary>How recorded sessions are read, and what is said of files that are none.</summary>
internal sealed class TraceReaderTests
{
    private const string Small = """{"startContent":"ab","endContent":"aXcY","txns":[{"time":"","patches":[[1,1,"X"]]},{"patches":[[2,0,"Y"],[2,0,"c"]]}]}""";

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("eventonly-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_trace_is_read_packed_or_not([Values] bool isPacked)
    {
        var trace = (SequentialTrace)TraceReader.Read(isPacked ? Packed(Small) : Plain(Small));

        (trace.Name, trace.Start, trace.End).Should().Be(("trace", "ab", "aXcY"));
        trace.Edits.Should().Equal([Delta.Replace(1, 1, "X"), Delta.Replace(2, 0, "cY")], "the patches of a transaction are one edit");
    }

    [Test]
    public void Positions_are_code_points_where_a_character_needs_two_units()
    {
        var trace = (SequentialTrace)TraceReader.Read(Plain("""{"startContent":"","endContent":"😀cb","txns":[{"patches":[[0,0,"😀a😁"]]},{"patches":[[1,2,"b"]]},{"patches":[[1,0,"c"]]}]}"""));

        trace.Edits.Skip(1).Should().Equal(Delta.Replace(2, 3, "b"), Delta.Replace(2, 0, "c"));
    }

    [Test]
    public void What_changes_nothing_is_no_edit()
    {
        var trace = (SequentialTrace)TraceReader.Read(Plain("""{"startContent":"","endContent":"a","txns":[{"patches":[]},{"patches":[[0,0,"b"],[0,1,""]]},{"patches":[[0,0,"a"]]}]}"""));

        trace.Edits.Should().Equal(Delta.Replace(0, 0, "a"));
    }

    [Test]
    public void The_first_edits_of_a_trace_end_where_they_lead()
    {
        var trace = (SequentialTrace)TraceReader.Read(Plain(Small));

        trace.Take(1).Should().BeEquivalentTo(new { End = "aX", Edits = new[] { Delta.Replace(1, 1, "X") } }, options => options.ComparingByValue<Delta>());
        trace.Take(2).Should().BeSameAs(trace);
    }

    [Test]
    public void Of_two_who_write_at_once_the_later_one_goes_left()
    {
        var trace = (ConcurrentTrace)TraceReader.Read(Plain("""
            {"writers":2,"endLength":4,"endSha256":"ab"}
            {"w":0,"seen":0,"p":[[0,0,"a"]]}
            {"w":1,"seen":0,"p":[[0,0,"b"]]}
            {"w":1,"seen":0,"p":[[1,0,"c"]]}
            {"w":0,"seen":1,"p":[[2,0,"d"]]}
            """));

        trace.Play().ToString().Should().Be("bcad");
        trace.Play(Side.Right).ToString().Should().Be("abcd", "the rule is the other one");
    }

    [TestCase("{}", "neither a sequential trace")]
    [TestCase("[]", "neither a sequential trace")]
    [TestCase("", "neither a sequential trace")]
    [TestCase("""{"startContent":"","txns":[]}""", "neither a sequential trace")]
    [TestCase("""{"startContent":"","endContent":"","txns":3}""", "neither a sequential trace")]
    [TestCase("""{"startContent":"","endContent":"","txns":[]}{}""", "neither a sequential trace")]
    [TestCase("""{"endLength":"x","endSha256":"ab"}""", "neither a sequential trace")]
    [TestCase("""{"kind":"concurrent","endContent":"","txns":[]}""", "script of two writers")]
    [TestCase("""{"startContent":""", "no JSON")]
    [TestCase("\u001f\u008bnot packed", "no JSON, packed or not")]
    [TestCase("""{"startContent":"","endContent":"x","txns":[]}""", "do not lead to its endContent")]
    [TestCase("""{"startContent":"","endContent":"","txns":[{"patches":[[0,0,"a"]]},{"patches":[[5,0,"a"]]}]}""", "edit 2: \"patches\" is to hold")]
    [TestCase("""{"startContent":"😀","endContent":"","txns":[{"patches":[[2,0,"a"]]}]}""", "edit 1: \"patches\" is to hold")]
    [TestCase("""{"startContent":"","endContent":"","txns":[{"patches":[[0,0]]}]}""", "edit 1: \"patches\" is to hold")]
    [TestCase("""{"startContent":"","endContent":"","txns":[{"patches":[[-1,0,"a"]]}]}""", "edit 1: \"patches\" is to hold")]
    [TestCase("""{"startContent":"","endContent":"","txns":[{}]}""", "edit 1: \"patches\" is to hold")]
    [TestCase("""{"endLength":1,"endSha256":"ab"}{"w":2,"seen":0,"p":[]}""", "two writers, 0 and 1")]
    [TestCase("""{"endLength":1,"endSha256":"ab"}{"w":0,"seen":0,"p":[[0,0,"😀"]]}""", "no character above U+FFFF")]
    public async Task What_is_no_trace_is_said_and_is_not_taken_for_a_server_that_is_wrong(string content, string why)
    {
        var file = new FileInfo(Path.Combine(_folder, "trace.json"));
        await File.WriteAllBytesAsync(file.FullName, content.StartsWith('\u001f') ? Encoding.Latin1.GetBytes(content) : Encoding.UTF8.GetBytes(content));

        var (code, _, error) = await RunAsync("--trace", file.FullName, "--url", "ws://localhost:1/ws");

        code.Should().Be(ExitCode.WrongUsage);
        error.Should().Contain(why);
    }

    [TestCase("""{"w":0,"seen":1,"p":[]}""", "cannot have seen 1")]
    [TestCase("""{"w":0,"seen":0,"p":[[3,0,"a"]]}""", "beyond the text")]
    public async Task An_edit_of_two_at_once_that_cannot_be_is_said(string line, string why)
    {
        var (code, _, error) = await RunAsync("--trace", Plain("""{"endLength":1,"endSha256":"ab"}""" + line).FullName);

        code.Should().Be(ExitCode.WrongUsage);
        error.Should().Contain(why);
    }

    [Test]
    public async Task Two_who_write_at_once_and_end_otherwise_than_recorded_have_failed()
    {
        var (code, output, error) = await RunAsync("--trace", Plain("""{"endLength":1,"endSha256":"ab"}{"w":0,"seen":0,"p":[[0,0,"a"]]}""").FullName);

        (code, output).Should().Be((ExitCode.Failed, ""));
        error.Should().StartWith("FAILED trace: its edits lead to another text");
    }

    [TestCase("", "Name scripts, or traces")]
    [TestCase("FILE --trace FILE", "not both")]
    [TestCase("--trace FILE --writers 0", "1 to 64")]
    [TestCase("--trace FILE --writers 65", "1 to 64")]
    [TestCase("--trace nowhere.json", "nowhere.json")]
    public async Task What_cannot_be_played_is_said(string arguments, string why)
    {
        var file = Plain(Small).FullName;

        var (code, _, error) = await RunAsync([.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(argument => argument == "FILE" ? file : argument)]);

        code.Should().NotBe(ExitCode.Ok);
        error.Should().Contain(why);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await ReplayCommand.Make().Parse(arguments).InvokeAsync(new() { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }

    private FileInfo Plain(string content)
    {
        var file = new FileInfo(Path.Combine(_folder, "trace.json"));
        File.WriteAllText(file.FullName, content);
        return file;
    }

    private FileInfo Packed(string content)
    {
        var file = new FileInfo(Path.Combine(_folder, "trace.json.gz"));
        using var packed = new GZipStream(file.Create(), CompressionLevel.Fastest);
        packed.Write(Encoding.UTF8.GetBytes(content));
        return file;
    }
}
