using System.Text;
using EventOnly.Tests.Bench;
using EventOnly.Tests.Bench.Load;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Measuring;

/// <summary>What the load makes of the bytes that come, however they are cut.</summary>
[Parallelizable]
[Platform("Linux")]
public sealed class LoadLoopTests
{
    /// <summary>Keeps all that it is told.</summary>
    private sealed class Listening : Dialect
    {
        public List<string> Heard { get; } = [];

        public override void Upgraded(LoadConnection connection, LoadLoop loop) => loop.Joined(connection, 1);

        public override void Read(LoadConnection connection, ReadOnlySpan<byte> message, LoadLoop loop) => Heard.Add($"{message.Length} {Encoding.UTF8.GetString(message[..1])}");

        public override void Passed(LoadConnection connection, LoadLoop loop) => Heard.Add("passed");

        public override void Publish(LoadConnection connection, FrameWriter output, long number)
        {
        }

        protected override string PathFor(LoadConnection connection) => "/";
    }

    [Test]
    public void Wherever_the_bytes_are_cut_the_same_messages_are_read()
    {
        byte[] said =
        [
            .. Encoding.ASCII.GetBytes(ScriptedRelay.Answer), .. ScriptedRelay.Frame("a"), .. ScriptedRelay.Frame(new('b', 125)),
            .. ScriptedRelay.Frame(new('c', 126)), .. ScriptedRelay.Frame("p", 0x80 | RawClient.Ping), .. ScriptedRelay.Frame("d"),
        ];
        string[] messages = ["1 a", "125 b", "126 c", "1 d"];

        for (var cut = 0; cut <= said.Length; cut++)
        {
            var dialect = new Listening();
            using var relay = new ScriptedRelay(dialect);

            relay.Say(said.AsSpan(0, cut));
            relay.Say(said.AsSpan(cut));

            dialect.Heard.Should().Equal(messages, $"cut at {cut}");
        }
    }

    [Test]
    public void Of_a_large_message_the_beginning_is_read_and_its_end_is_told([Values(4097, 65_535, 65_536, 1_000_000)] int length)
    {
        byte[] said = [.. Encoding.ASCII.GetBytes(ScriptedRelay.Answer), .. ScriptedRelay.Frame(new('x', length)), .. ScriptedRelay.Frame("d")];

        foreach (var cut in (int[])[ScriptedRelay.Answer.Length + 1, ScriptedRelay.Answer.Length + 4000, ScriptedRelay.Answer.Length + 4104, said.Length - 4, said.Length - 3, said.Length])
        {
            var dialect = new Listening();
            using var relay = new ScriptedRelay(dialect);

            relay.Say(said.AsSpan(0, cut));
            relay.Say(said.AsSpan(cut));

            dialect.Heard.Should().Equal(["4096 x", "passed", "1 d"], $"cut at {cut}");
        }
    }

    [Test]
    public void A_connection_that_the_server_ends_breaks_the_bench_unless_that_was_to_come([Values] bool mayEnd)
    {
        using var relay = new ScriptedRelay(new PlainDialect());
        relay.Say(Encoding.ASCII.GetBytes(ScriptedRelay.Answer));
        relay.Connection.MayEnd = mayEnd;
        relay.Say([0x88, 2, 4430 >> 8, 4430 & 0xff]);

        var ending = relay.Invoking(relay => relay.End());

        if (!mayEnd)
            ending.Should().Throw<BrokenPromiseException>().WithMessage("*4430*");
        else
            ending.Should().NotThrow();
        if (mayEnd)
            relay.Loop.Ends.Should().Equal(new Dictionary<int, int> { [4430] = 1 });
    }

    [TestCase(new byte[] { 0x81, 0x80 }, TestName = "A masked frame of a server is refused")]
    [TestCase(new byte[] { 0x01, 0x00 }, TestName = "A piece of a message is refused where messages come whole")]
    [TestCase(new byte[] { 0xc1, 0x00 }, TestName = "A frame with a bit that nobody agreed on is refused")]
    [TestCase(new byte[] { 0x83, 0x00 }, TestName = "A frame of an unknown kind is refused")]
    public void What_no_server_may_send_breaks_the_bench(byte[] head) =>
        FluentActions.Invoking(() => FrameScan.TryRead(head, mayBeCut: false, out _, out _, out _)).Should().Throw<BrokenPromiseException>();
}
