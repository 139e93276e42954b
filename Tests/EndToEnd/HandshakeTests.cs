using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>The door: who is let in, who is not, and what the one port serves besides the socket.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class HandshakeTests
{
    private const string Protocol = "Sec-WebSocket-Protocol: eventonly.v1\r\n";

    [TestCase("http://evil.example", 403)]
    [TestCase("http://127.0.0.1.evil.example:{port}", 403)]
    [TestCase("http://127.0.0.1:{port}.evil.example", 403)]
    [TestCase("http://evil.example/127.0.0.1:{port}", 403)]
    [TestCase("null", 403)]
    [TestCase("", 403)]
    [TestCase("https://127.0.0.1:{port}", 403)]
    [TestCase("ws://127.0.0.1:{port}", 403)]
    [TestCase("http://127.0.0.1", 403)]
    [TestCase("http://127.0.0.1:1", 403)]
    [TestCase("http://127.0.0.1:{port}0", 403)]
    [TestCase("http://127.0.0.1.:{port}", 403)]
    [TestCase("http://127.0.0.1:{port}/", 403)]
    [TestCase("http://user@127.0.0.1:{port}", 403)]
    [TestCase("http://localhost:{port}", 403, Description = "another name of the same machine is another origin")]
    [TestCase("http://127.0.0.1:{port}", 101)]
    [TestCase("HTTP://127.0.0.1:{port}", 101, Description = "scheme and host have no case")]
    public async Task A_foreign_page_is_kept_out(string origin, int status)
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await RawClient.DialAsync(server.Port);

        var answer = await client.AskAsync(RawClient.Handshake(
            server.Port, Protocol + "Origin: " + origin.Replace("{port}", $"{server.Port}", StringComparison.Ordinal) + "\r\n"));

        answer.Status.Should().Be(status);
        if (status == 403)
            answer.Body.Should().Contain("AllowedOrigins");
    }

    [TestCase("http://app.example", 101)]
    [TestCase("http://APP.example", 403, Description = "browsers write origins in lower case; the list is compared whole")]
    [TestCase("http://app.example.", 403)]
    [TestCase("http://app.example:80", 403)]
    [TestCase("http://app.example:8080", 403)]
    [TestCase("https://app.example", 403)]
    [TestCase("http://www.app.example", 403)]
    [TestCase("http://app.example.evil", 403)]
    [TestCase("null", 101)]
    [TestCase("http://app.example\r\nOrigin: http://app.example", 403)]
    public async Task An_origin_that_is_listed_is_let_in_and_none_that_only_looks_like_it(string origin, int status)
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:AllowedOrigins:0=http://app.example", "--EventOnly:AllowedOrigins:1=null");
        await using var client = await RawClient.DialAsync(server.Port);

        (await client.AskAsync(RawClient.Handshake(server.Port, Protocol + $"Origin: {origin}\r\n"))).Status.Should().Be(status);
    }

    [TestCase("", 400)]
    [TestCase("Sec-WebSocket-Protocol: chat\r\n", 400)]
    [TestCase("Sec-WebSocket-Protocol: eventonly.v1x, eventonly\r\n", 400)]
    [TestCase("Sec-WebSocket-Protocol: chat, eventonly.v1\r\n", 101)]
    [TestCase("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: eventonly.v1\r\n", 101)]
    [TestCase("Sec-WebSocket-Protocol: \u00e9ventonly.v1\r\n", 400)]
    public async Task A_client_that_does_not_offer_the_subprotocol_is_told_how(string headers, int status)
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await RawClient.DialAsync(server.Port);

        var answer = await client.AskAsync(RawClient.Handshake(server.Port, headers));

        answer.Status.Should().Be(status);
        if (status == 101)
            answer.Headers["Sec-WebSocket-Protocol"].Should().Be("eventonly.v1");
        else if (!headers.Contains('\u00e9', StringComparison.Ordinal))
            answer.Body.Should().Contain("new WebSocket(url, 'eventonly.v1')");
    }

    private static IEnumerable<TestCaseData> NoUpgrades()
    {
        const string line = "GET /ws HTTP/1.1\r\n", upgrade = "Upgrade: websocket\r\n", connection = "Connection: Upgrade\r\n",
            version = "Sec-WebSocket-Version: 13\r\n", key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        yield return Row("a browser's address bar", line, 426);
        yield return Row("no Upgrade", line + connection + version + key, 426);
        yield return Row("another Upgrade", line + "Upgrade: h2c\r\n" + connection + version + key, 426);
        yield return Row("no Connection", line + upgrade + version + key, 426);
        yield return Row("version 8", line + upgrade + connection + "Sec-WebSocket-Version: 8\r\n" + key, 426);
        yield return Row("no version", line + upgrade + connection + key, 426);
        yield return Row("POST", line.Replace("GET", "POST", StringComparison.Ordinal) + upgrade + connection + version + key + "Content-Length: 0\r\n", 426);
        yield return Row("HTTP/1.0", line.Replace("1.1", "1.0", StringComparison.Ordinal) + upgrade + connection + version + key, 426);
        yield return Row("no key", line + upgrade + connection + version, 400);
        yield return Row("a short key", line + upgrade + connection + version + "Sec-WebSocket-Key: c2hvcnQ=\r\n", 400);
        yield return Row("a key that is not base64", line + upgrade + connection + version + "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\r\n", 400);
        yield return Row("two keys", line + upgrade + connection + version + key + key, 400);
        yield return Row("a body", line + upgrade + connection + version + key + "Content-Length: 5\r\n", 400);

        static TestCaseData Row(string name, string head, int status) => new TestCaseData(head, status).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(NoUpgrades))]
    public async Task What_is_no_proper_upgrade_is_refused(string head, int status)
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await RawClient.DialAsync(server.Port);

        var answer = await client.AskAsync(head + Protocol + $"Host: 127.0.0.1:{server.Port}\r\n\r\n");

        answer.Status.Should().Be(status);
        if (status == 426)
            answer.Headers["Sec-WebSocket-Version"].Should().Be("13");
    }

    [TestCase("evil.example", 400)]
    [TestCase("evil.example:{port}", 400)]
    [TestCase("127.0.0.1.evil.example", 400)]
    [TestCase("localhost.:{port}", 400)]
    [TestCase("", 400)]
    [TestCase("localhost:{port}", 200)]
    [TestCase("LOCALHOST", 200)]
    [TestCase("[::1]:{port}", 200)]
    public async Task A_foreign_name_for_this_machine_is_not_answered(string host, int status)
    {
        await using var server = await LiveServer.StartAsync();
        foreach (var path in new[] { "/health/live", "/ws" })
        {
            await using var client = await RawClient.DialAsync(server.Port);
            var named = host.Replace("{port}", $"{server.Port}", StringComparison.Ordinal);
            var request = path == "/ws"
                ? RawClient.Handshake(server.Port).Replace($"Host: 127.0.0.1:{server.Port}", $"Host: {named}", StringComparison.Ordinal)
                : $"GET {path} HTTP/1.1\r\nHost: {named}\r\n\r\n";

            (await client.AskAsync(request)).Status.Should().Be(path == "/ws" && status == 200 ? 101 : status);
        }
    }

    [Test]
    public async Task A_listed_host_is_answered_and_localhost_then_is_not()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:AllowedHosts:0=board.example");
        await using var client = await RawClient.DialAsync(server.Port);
        await using var other = await RawClient.DialAsync(server.Port);

        (await client.AskAsync("GET /health/live HTTP/1.1\r\nHost: board.example\r\n\r\n")).Status.Should().Be(200);
        (await other.AskAsync("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")).Status.Should().Be(400);
    }

    [Test]
    public async Task One_connection_too_many_is_told_to_come_later_and_let_in_when_there_is_room()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:OpenMax=1");
        var first = await server.ConnectAsync();
        await using var second = await RawClient.DialAsync(server.Port);

        var answer = await second.AskAsync(RawClient.Handshake(server.Port));
        first.Vanish();
        await Eventually.IsAsync(() => server.Connections.Count == 0, "the first connection is over");
        await second.UpgradeAsync();

        answer.Status.Should().Be(503);
        answer.Headers["Retry-After"].Should().Be("2");
    }

    [Test]
    public async Task Header_bombs_are_refused_and_the_server_lives()
    {
        await using var server = await LiveServer.StartAsync();
        foreach (var bomb in new[]
        {
            string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: 1\r\n")),
            $"Sec-WebSocket-Extensions: {new string('x', 64 * 1024)}\r\n",
        })
        {
            await using var client = await RawClient.DialAsync(server.Port);
            (await client.AskAsync(RawClient.Handshake(server.Port, Protocol + bomb))).Status.Should().BeOneOf(400, 431);
        }
        await using var sound = await server.ConnectAsync();
    }

    [Test]
    public async Task Health_is_told_and_nothing_else_is_there()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await RawClient.DialAsync(server.Port);

        var live = await client.AskAsync(Get("/health/live"));
        var ready = await client.AskAsync(Get("/health/ready"));
        var nothing = await client.AskAsync(Get("/nothing"));
        var outside = await client.AskAsync(Get("/..%2f..%2fetc/passwd"));

        live.Body.Should().Be("live\n");
        ready.Body.Should().Be("ready\n");
        nothing.Status.Should().Be(404);
        nothing.Body.Should().Be("Nothing is here. The page is at /, the socket at /ws.\n");
        outside.Status.Should().Be(404);
        foreach (var answer in new[] { live, ready, nothing })
            answer.Headers.Should().NotContainKeys("Server", "X-Powered-By");
    }

    [Test]
    public async Task The_page_may_speak_to_this_server_by_socket_and_nothing_else()
    {
        Assume.That(File.Exists(Path.Combine(AppContext.BaseDirectory, "Web", "index.html")), "the page is built in");
        await using var server = await LiveServer.StartAsync();
        await using var client = await RawClient.DialAsync(server.Port);

        var page = await client.AskAsync(Get("/"));

        page.Status.Should().Be(200);
        page.Headers["Content-Security-Policy"].Should().StartWith("default-src 'none'; script-src 'self'; style-src 'self'")
            .And.Contain("connect-src ws://localhost wss://localhost;").And.NotContain("unsafe");
        page.Headers["X-Content-Type-Options"].Should().Be("nosniff");
        page.Headers["Cache-Control"].Should().Be("no-cache");
        page.Headers.Should().NotContainKey("Server");
    }

    [Test]
    public async Task A_stopping_server_says_that_it_is_not_ready_and_takes_nobody()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync();
        await using var health = await RawClient.DialAsync(server.Port);
        await using var late = await RawClient.DialAsync(server.Port);
        (await health.AskAsync(Get("/health/ready"))).Status.Should().Be(200);
        (await late.AskAsync(Get("/health/live"))).Status.Should().Be(200);

        var stopping = server.StopAsync(); // waits for ann, who has not answered the close yet
        await ann.HearAsync("disconnect");
        var ready = await health.AskAsync(Get("/health/ready"));
        var refused = await late.AskAsync(RawClient.Handshake(server.Port));
        await ann.SendCloseAsync();
        await stopping;

        ready.Status.Should().Be(503);
        ready.Body.Should().Be("stopping\n");
        refused.Status.Should().Be(503);
    }

    [TestCase("127.0.0.1", "evil.example", 400)]
    [TestCase("127.0.0.1", "localhost", 200)]
    public async Task On_a_loopback_address_only_loopback_names_are_answered_to(string host, string named, int status)
    {
        await using var server = await LiveServer.StartAsync("--host=" + host);
        await using var client = await RawClient.DialAsync(server.Port);

        (await client.AskAsync($"GET /health/live HTTP/1.1\r\nHost: {named}\r\n\r\n")).Status.Should().Be(status);
    }

    [Test]
    public async Task Every_origin_that_is_allowed_on_the_command_line_counts()
    {
        await using var server = await LiveServer.StartAsync("--allow-origin", "https://one.example", "--allow-origin=https://two.example");
        foreach (var origin in new[] { "https://one.example", "https://two.example" })
        {
            await using var client = await RawClient.DialAsync(server.Port);
            var answer = await client.AskAsync(RawClient.Handshake(server.Port).Replace("\r\n\r\n", $"\r\nOrigin: {origin}\r\n\r\n", StringComparison.Ordinal));
            answer.Status.Should().Be(101, origin);
        }
    }

    private static string Get(string path) => $"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n";
}
