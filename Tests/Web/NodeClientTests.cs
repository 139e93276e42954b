using System.Text.RegularExpressions;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Web;

/// <summary>Programs in Node against the real server: the documentation's ten lines, and the JavaScript client.</summary>
[Category("Node")]
public sealed partial class NodeClientTests
{
    [GeneratedRegex("```js\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();

    [Test]
    public async Task The_ten_lines_of_the_documentation_connect_join_create_and_hear_their_event()
    {
        await using var server = await LiveServer.StartAsync();
        var code = Code().Match(await File.ReadAllTextAsync(Repository.PathOf("docs", "wire.md"))).Groups["code"].Value;
        code.Should().Contain("ws://localhost:8080/ws");

        var said = await Programs.RunNodeAsync(
            "import { webcrypto } from 'node:crypto'; globalThis.crypto ??= webcrypto;\n" // Node 18 has it only by import
            + code.Replace("ws://localhost:8080/ws", server.Uri.ToString(), StringComparison.Ordinal)
            + "socket.addEventListener('message', ({ data }) => { if (JSON.parse(data).type === 'create') socket.close(); });");

        said.Should().Contain("\"type\":\"connected\"").And.Contain("\"type\":\"joined\"")
            .And.MatchRegex("\"type\":\"create\".*\"n\":1.*\"title\":\"Buy milk\"");
    }

    [Test]
    public async Task The_JavaScript_client_does_in_Node_what_it_does_in_a_page()
    {
        await using var server = await LiveServer.StartAsync();

        var said = await Programs.RunNodeAsync($"import {{ tellTheStory }} from './against-server.js'; console.log(await tellTheStory('{server.Uri}'));");

        said.Trim().Should().Be("converged");
    }
}
