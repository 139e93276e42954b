using System.Globalization;
using System.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Bench;
using EventOnly.Tests.Bench.Load;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Measuring;

/// <summary>Each kind of server's messages are read for what is checked, and what is lost, doubled or swapped is found in each.</summary>
[Parallelizable]
[Platform("Linux")]
public sealed class DialectTests
{
    public enum Kind
    {
        Update,
        Broadcast,
        SignalR,
        Ws,
        SocketIo,
    }

    private const string Snapshot = """{"type":"snapshot","project":"p-0","seq":0,"part":1,"parts":1,"entities":[],"hash":"0"}""";
    private const string Joined = """{"type":"joined","id":"j","project":"p-0","session":"1234567890123456789012","epoch":"e","seq":0}""";

    private static Dialect New(Kind kind) => kind switch
    {
        Kind.Update => new EventOnlyDialect("p"),
        Kind.Broadcast => new EventOnlyDialect("p", broadcasts: true),
        Kind.SignalR => new SignalRDialect(acks: false),
        Kind.Ws => new PlainDialect(),
        _ => new SocketIoDialect(acks: false),
    };

    private static string[] Greeting(Kind kind) => kind switch
    {
        Kind.Update or Kind.Broadcast => ["""{"type":"connected","connection":"c1"}""", Joined, Snapshot],
        Kind.SignalR => ["{}\u001e", "{\"type\":3,\"invocationId\":\"0\",\"result\":null}\u001e", "{\"type\":6}\u001e"],
        Kind.Ws => [],
        _ => ["""0{"sid":"s"}""", """40{"sid":"s"}""", "430[]", "2"],
    };

    private static string Event(Kind kind, int number) => (kind switch
    {
        Kind.Update => """{"type":"update","project":"p-0","seq":NUMBER,"at":"2026-11-21T08:00:00.123Z","by":"ann","session":"1234567890123456789012","n":NUMBER,"entity":"e0","version":NUMBER,"patch":{"x":"y"}}""",
        Kind.Broadcast => """{"type":"broadcast","project":"p-0","topic":"b","data":{"n":NUMBER,"p":0,"x":"y"},"by":"ann","session":"1234567890123456789012"}""",
        Kind.SignalR => "{\"type\":1,\"target\":\"heard\",\"arguments\":[{\"n\":NUMBER,\"p\":0,\"x\":\"y\"}]}\u001e",
        Kind.Ws => """{"n":NUMBER,"p":0,"x":"y"}""",
        _ => """42["heard",{"n":NUMBER,"p":0,"x":"y"}]""",
    }).Replace("NUMBER", number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static ScriptedRelay Play(Kind kind, params int[] numbers)
    {
        var relay = new ScriptedRelay(New(kind), source: 0);
        try
        {
            relay.Say(Encoding.ASCII.GetBytes(ScriptedRelay.Answer));
            foreach (var text in (string[])[.. Greeting(kind), .. numbers.Select(number => Event(kind, number))])
                relay.Say(ScriptedRelay.Frame(text));
            return relay;
        }
        catch
        {
            relay.Dispose();
            throw;
        }
    }

    [Test]
    public void Events_are_counted_and_the_own_ones_acknowledged([Values] Kind kind)
    {
        using var relay = Play(kind, [.. Enumerable.Range(1, 120)]);

        relay.Connection.Stage.Should().Be(Stage.Joined);
        relay.Loop.Deliveries.Should().Be(120);
        relay.Connection.Acked.Should().Be(120);
        relay.Connection.Check!.LastOf(0).Should().Be(120);
    }

    [Test]
    public void One_lost_is_found([Values] Kind kind)
    {
        if (kind == Kind.Broadcast)
        {
            using var relay = Play(kind, 1, 3);
            relay.Connection.Check!.Missed.Should().Be(1);
            return;
        }
        FluentActions.Invoking(() => Play(kind, 1, 3)).Should().Throw<BrokenPromiseException>();
    }

    [Test]
    public void One_doubled_is_found([Values] Kind kind) => FluentActions.Invoking(() => Play(kind, 1, 2, 2)).Should().Throw<BrokenPromiseException>();

    [Test]
    public void Two_swapped_are_found([Values] Kind kind) => FluentActions.Invoking(() => Play(kind, 2, 1)).Should().Throw<BrokenPromiseException>();

    [TestCase(Kind.Update, """{"type":"reject","project":"p-0","n":1,"code":"conflict"}""")]
    [TestCase(Kind.Update, """{"type":"disconnect","code":1012}""")]
    [TestCase(Kind.SignalR, "{\"type\":3,\"invocationId\":\"1\",\"error\":\"no\"}\u001e")]
    [TestCase(Kind.SignalR, "{\"type\":7}\u001e")]
    [TestCase(Kind.SocketIo, "41")]
    public void What_a_server_refuses_breaks_the_bench(Kind kind, string refusal)
    {
        using var relay = Play(kind, 1);

        relay.Invoking(relay => relay.Say(ScriptedRelay.Frame(refusal))).Should().Throw<BrokenPromiseException>();
    }

    [Test]
    public void An_answer_that_is_lost_doubled_or_swapped_is_found([Values] bool isSignalR, [Values(0, 2)] int number)
    {
        using var relay = new ScriptedRelay(isSignalR ? new SignalRDialect(acks: true) : new SocketIoDialect(acks: true), source: 0);
        string Answer(int id) => isSignalR ? $"{{\"type\":3,\"invocationId\":\"{id}\",\"result\":null}}\u001e" : $"43{id}[]";
        relay.Say(Encoding.ASCII.GetBytes(ScriptedRelay.Answer));
        relay.Say(ScriptedRelay.Frame(Answer(0)));
        relay.Say(ScriptedRelay.Frame(Answer(1)));

        relay.Loop.Acknowledged.Should().Be(1);
        relay.Invoking(relay => relay.Say(ScriptedRelay.Frame(Answer(number == 0 ? 1 : 3)))).Should().Throw<BrokenPromiseException>();
    }

    [Test]
    public void What_leaves_a_server_for_each_delivery_is_as_long_for_all([Values] Kind kind)
    {
        using var relay = new ScriptedRelay(New(kind), source: 0);
        relay.Connection.Dialect.Publish(relay.Connection, relay.Loop.Output, 12345);
        var said = Unmasked(relay.Loop.Output.Bytes);
        var text = said[said.IndexOf(kind == Kind.Update ? "{\"x\"" : "{\"n\"", StringComparison.Ordinal)..(said.LastIndexOf("\"}", StringComparison.Ordinal) + 2)];

        var relayed = Event(kind, 12345).Replace(kind == Kind.Update ? """{"x":"y"}""" : """{"n":12345,"p":0,"x":"y"}""", text, StringComparison.Ordinal);

        relayed.Length.Should().BeCloseTo(Dialect.EventBytes, 1, relayed);
    }

    [Test]
    public void A_frame_is_masked_with_a_key_that_no_server_skips()
    {
        var output = new FrameWriter();
        output.Begin();
        output.Say("ab"u8).End();
        output.Begin();
        output.Say(Enumerable.Repeat((byte)'x', 300).ToArray()).End();

        output.Bytes[2..6].ToArray().Should().OnlyContain(part => part != 0).And.OnlyHaveUniqueItems();
        Unmasked(output.Bytes[..8]).Should().Be("ab");
        Unmasked(output.Bytes[8..]).Should().Be(new('x', 300));
    }

    /// <summary>The one frame that is there.</summary>
    private static string Unmasked(ReadOnlySpan<byte> frame)
    {
        var (reader, room) = (new FrameReader(masked: true, mayCompress: false), new byte[1000]);
        reader.Read(ref frame, room, out _).Should().Be(FrameStep.Began);
        reader.Read(ref frame, room, out var length).Should().Be(FrameStep.Ended);
        frame.Length.Should().Be(0);
        return Encoding.ASCII.GetString(room, 0, length);
    }

    [Test]
    public void Records_of_SignalR_are_read_however_its_frames_are_cut()
    {
        var text = Event(Kind.SignalR, 1) + Event(Kind.SignalR, 2) + Event(Kind.SignalR, 3);
        for (var cut = 0; cut <= text.Length; cut++)
        {
            using var relay = Play(Kind.SignalR);

            relay.Say(ScriptedRelay.Frame(text[..cut], RawClient.Text));
            relay.Say(ScriptedRelay.Frame(text[cut..], 0x80 | RawClient.Continuation));

            relay.Loop.Deliveries.Should().Be(3, $"cut at {cut}");
        }
    }

    [Test]
    public void The_entities_of_a_snapshot_are_counted_however_large_its_parts_are([Values(2, 100, 1000)] int entities)
    {
        var each = """{"entity":"e","kind":"k","version":1,"data":{"x":"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}}""";
        var half = string.Join(',', Enumerable.Repeat(each, entities / 2));
        using var relay = new ScriptedRelay(New(Kind.Update));
        relay.Say(Encoding.ASCII.GetBytes(ScriptedRelay.Answer));

        foreach (var part in (int[])[1, 2])
            relay.Say(ScriptedRelay.Frame(Snapshot.Replace("\"part\":1,\"parts\":1", $"\"part\":{part},\"parts\":2", StringComparison.Ordinal).Replace("[]", $"[{half}]", StringComparison.Ordinal)));

        (relay.Connection.SnapshotEntities, relay.Connection.Stage).Should().Be((entities, Stage.Joined));
    }

    [Test]
    public void An_event_before_the_snapshot_breaks_the_bench()
    {
        using var relay = new ScriptedRelay(New(Kind.Update));
        relay.Say(Encoding.ASCII.GetBytes(ScriptedRelay.Answer));

        relay.Invoking(relay => relay.Say(ScriptedRelay.Frame(Event(Kind.Update, 1)))).Should().Throw<BrokenPromiseException>();
    }
}
