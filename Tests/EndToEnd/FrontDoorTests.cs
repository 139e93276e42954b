using System.Text;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>The door before HTTP and the one behind it let in the same, and refuse the same.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FrontDoorTests
{
    /// <summary>What is put somewhere into a handshake.</summary>
    private static readonly string[] s_odd =
    [
        "\r\n", "\n", "\r", " ", "\t", ":", "\0", "\u0001", "\u007f", "\u00e9", "x", ",", "X-Odd: 1\r\n", "Host: evil.example\r\n", "Content-Length: 0\r\n", "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "Connection: close\r\n", "Upgrade: h2c\r\n", "Origin: http://evil.example\r\n", " folded\r\n",
        "X-Forwarded-Proto: https\r\n", "Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Extensions: permessage-deflate\r\n", "X Odd: 1\r\n", "(odd): 1\r\n", ": 1\r\n",
    ];

    [Test]
    public async Task A_head_that_is_odd_somewhere_gets_the_same_answer_at_both([Range(1, 12)] int seed)
    {
        await using var server = await LiveServer.StartAsync();
        var random = new Random(seed);
        var (accepted, refused) = (0, 0);
        for (var i = 0; i < 40; i++)
        {
            var head = RawClient.Handshake(server.Port);
            var odd = s_odd[random.Next(s_odd.Length)];
            var at = odd.EndsWith('\n') && odd.Length > 2 ? LineStarts(head)[random.Next(LineStarts(head).Count)] : random.Next(head.Length);
            head = (random.Next(4) == 0 ? head.Remove(at, 1) : head.Insert(at, odd)) + "\r\n\r\n"; // so that every one of them ends

            var first = await StatusAsync(server, head, behind: false);
            var second = await StatusAsync(server, head, behind: true);

            first.Should().Be(second, $"of {head.Replace("\r", "\\r", StringComparison.Ordinal)}");
            (accepted, refused) = first == 101 ? (accepted + 1, refused) : (accepted, refused + 1);
        }
        (accepted > 2 && refused > 2).Should().BeTrue($"{accepted} accepted and {refused} refused: the oddities must be of both kinds");
    }

    [TestCase("[]")]
    [TestCase("[:]")]
    [TestCase("[.]")]
    [TestCase("[::1]")]
    [TestCase("[::1]:80")]
    [TestCase("a:")]
    [TestCase("a:65536")]
    [TestCase(":80")]
    [TestCase("a_b")]
    [TestCase("a..b")]
    public async Task Both_take_the_same_for_a_host(string host)
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:AllowedHosts:0=[]", "--EventOnly:AllowedHosts:1=[:]", "--EventOnly:AllowedHosts:2=[.]", "--EventOnly:AllowedHosts:3=[::1]",
            "--EventOnly:AllowedHosts:4=a", "--EventOnly:AllowedHosts:5=a_b", "--EventOnly:AllowedHosts:6=a..b", "--EventOnly:AllowedHosts:7=127.0.0.1");
        var head = RawClient.Handshake(server.Port).Replace($"127.0.0.1:{server.Port}", host, StringComparison.Ordinal);

        (await StatusAsync(server, head, behind: false)).Should().Be(await StatusAsync(server, head, behind: true));
    }

    [Test]
    public async Task A_handshake_that_comes_byte_for_byte_is_let_in_all_the_same()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await RawClient.DialAsync(server.Port);
        var head = Encoding.ASCII.GetBytes(RawClient.Handshake(server.Port));
        foreach (var octet in head[..^1])
            await client.SendRawAsync(new[] { octet });

        var answer = await client.AskAsync("\n");

        answer.Status.Should().Be(101);
        await client.IntroduceAsync("ann");
        await client.JoinAsync("apollo");
    }

    [Test]
    public async Task What_a_client_says_with_its_handshake_is_heard()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await RawClient.DialAsync(server.Port);
        var hello = RawClient.Encode(RawClient.Text, """{"type":"connect","user":{"name":"ann"}}"""u8);

        (await client.AskAsync(RawClient.Handshake(server.Port) + Encoding.Latin1.GetString(hello))).Status.Should().Be(101);

        (await client.HearAsync("connected")).ToString().Should().Contain("\"name\":\"ann\"");
    }

    [Test]
    public async Task Who_says_nothing_at_first_is_let_in_when_it_does()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time);
        await using var client = await RawClient.DialAsync(server.Port);
        for (var i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromSeconds(2)); // longer than the first door waits
            await Task.Yield();
        }

        await client.UpgradeAsync();

        await client.IntroduceAsync("ann");
    }

    private static List<int> LineStarts(string head)
    {
        var starts = new List<int>();
        for (var at = head.IndexOf('\n', StringComparison.Ordinal); at >= 0 && at < head.Length - 3; at = head.IndexOf('\n', at + 1))
            starts.Add(at + 1);
        return starts;
    }

    /// <param name="behind">Whether it comes as a second request, for the door before HTTP looks at the first only.</param>
    private static async Task<int> StatusAsync(LiveServer server, string head, bool behind)
    {
        await using var client = await RawClient.DialAsync(server.Port);
        if (behind)
            (await client.AskAsync($"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:{server.Port}\r\n\r\n")).Status.Should().Be(200);
        return (await client.AskAsync(head)).Status;
    }
}
