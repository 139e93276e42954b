using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>The examples of docs/text.md, against a real server.</summary>
public sealed class TextExamplesTests
{
    [Test]
    [Category("Node")]
    public async Task The_JavaScript_examples_of_the_page_run()
    {
        await using var server = await LiveServer.StartAsync();

        var said = await Programs.RunNodeAsync($"import {{ runExamples }} from './doc-examples.js'; await runExamples('{server.Uri}', 'text.md');");

        said.Should().Contain("Get milk and eggs false").And.NotContain("keep this").And.NotContain("conflict").And.Contain("3 examples");
    }
}
