using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using EventOnly.Server;
using EventOnly.Tests.Support;
using EventOnly.Tools.Page;
using Microsoft.Playwright;

namespace EventOnly.Tests.Tools;

public sealed class PageTests
{
    private string _folder = "";

    [SetUp]
    public void MakePage()
    {
        _folder = Directory.CreateTempSubdirectory("eventonly-page-").FullName;
        Write("index.html", """
            <!doctype html><meta name="eventonly-server" content=""><link rel="stylesheet" href="a/look.css">
            <script type="module" src="a/main.js"></script><p>Hello</p>
            """);
        Write("a/look.css", "p { color: red } /* </style> */");
        Write("a/main.js", """
            /** @import { Nothing } from './types.js' */
            import {
              one,
            } from '../b/one.js';
            import './side.js';
            const words = "import '../b/no.js' </script>";
            """);
        Write("a/side.js", "export * from '../b/one.js';");
        Write("b/one.js", "import { self } from './one.js';\nexport const one = 1;");
    }

    [TearDown]
    public void RemovePage() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Modules_go_into_the_import_map_under_names_that_data_urls_can_import()
    {
        var modules = ModulesOf(new PageInliner(_folder).Inline("index.html", null));

        modules.Keys.Should().BeEquivalentTo("a/main.js", "a/side.js", "b/one.js");
        modules["a/main.js"].Should().Contain("} from \"b/one.js\"").And.Contain("import \"a/side.js\"").And.Contain("'./types.js'", "a comment imports nothing");
        modules["a/side.js"].Should().Be("export * from \"b/one.js\";");
    }

    [Test]
    public void Nothing_is_fetched_and_nothing_ends_its_element_early()
    {
        var html = new PageInliner(_folder).Inline("index.html", null);

        html.Should().NotContain("href=").And.NotContain("src=");
        Regex.Count(html, "</script>").Should().Be(2);
        Regex.Count(html, "</style>").Should().Be(1);
        html.IndexOf("importmap", StringComparison.Ordinal).Should().BeLessThan(html.IndexOf("type=\"module\"", StringComparison.Ordinal));
    }

    [Test]
    public void The_server_is_written_into_the_page()
    {
        var html = new PageInliner(_folder).Inline("index.html", new Uri("ws://host:9000/ws?a=1&b=2"));

        html.Should().Contain("""content="ws://host:9000/ws?a=1&amp;b=2">""");
    }

    [TestCase("index.html", """<img src="cat.png">""", "img")]
    [TestCase("a/look.css", "p { background: url(cat.png) }", "url(")]
    [TestCase("a/side.js", "import '../../outside.js';", "outside")]
    [TestCase("a/side.js", "import './missing.js';", "missing.js")]
    public void What_cannot_stand_in_one_file_is_refused(string file, string content, string told)
    {
        Write(file, file == "index.html" ? File.ReadAllText(Path.Combine(_folder, file)) + content : content);

        var inlining = () => new PageInliner(_folder).Inline("index.html", null);

        inlining.Should().Throw<PageException>().Which.Message.Should().Contain(told);
    }

    [Test, Category("Browser")]
    public async Task The_real_page_opened_from_disk_connects_to_its_server()
    {
        await using var server = ServerApplication.Build(["--port", "0", "--durability", "memory", "--allow-origin", "null", "--log", "Warning"]);
        await server.StartAsync();
        var socket = new UriBuilder(server.Urls.First()) { Scheme = "ws", Path = "/ws" }.Uri;
        var file = Path.Combine(_folder, "board.html");
        await File.WriteAllTextAsync(file, new PageInliner(Repository.PathOf("Web")).Inline("index.html", socket));

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium", Args = ["--no-sandbox"],
        });
        var page = await browser.NewPageAsync();
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync(new Uri(file).AbsoluteUri);

        await page.GetByTestId("setup").ClickAsync();
        await Assertions.Expect(page.Locator("#lists")).ToContainTextAsync("Doing");
        errors.Should().BeEmpty();
    }

    private void Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private static Dictionary<string, string> ModulesOf(string html)
    {
        var map = html.Split("<script type=\"importmap\">")[1].Split("</script>")[0];
        return JsonDocument.Parse(map).RootElement.GetProperty("imports").EnumerateObject().ToDictionary(
            module => module.Name,
            module => Encoding.UTF8.GetString(Convert.FromBase64String(module.Value.GetString()!.Split("base64,")[1])));
    }
}
