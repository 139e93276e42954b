using System.Text.RegularExpressions;
using System.Xml.Linq;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.House;

/// <summary>The rules of this house that a test can check.</summary>
[Parallelizable]
public sealed partial class HouseRulesTests
{
    private const int LinesMax = 400;

    /// <summary>Files that are longer than they should be, each with what is to become of it. This list only ever gets shorter.</summary>
    private static readonly Dictionary<string, string> s_tooLong = new()
    {
        ["Tests/Client/EventOnlyClientTests.cs"] = "the tests of requests could stand by themselves",
    };

    private static readonly string[] s_built = ["bin", "obj", "node_modules", ".git", "artifacts", "data"];

    private static IEnumerable<(string Path, string Text)> Files(params string[] extensions) => Walk(Repository.Root)
        .Where(path => extensions.Contains(Path.GetExtension(path)))
        .Select(path => (Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'), File.ReadAllText(path)));

    [TestCase("Protocol", "")]
    [TestCase("Server", "Protocol")]
    [TestCase("Client", "Protocol")]
    [TestCase("Tools", "Client")]
    public void A_project_references_only_what_it_may(string project, string references) =>
        XDocument.Load(Repository.PathOf(project, $"EventOnly.{project}.csproj")).Descendants("ProjectReference")
            .Select(reference => reference.Attribute("Include")!.Value.Replace('\\', '/').Split('/')[^2])
            .Should().BeEquivalentTo(references.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [Test]
    public void The_protocol_needs_no_package() =>
        File.ReadAllText(Repository.PathOf("Protocol", "EventOnly.Protocol.csproj")).Should().NotContain("PackageReference");

    [TestCase("Server/Journals", "Projects", "Connections")]
    [TestCase("Server/Projects", "Connections")]
    [TestCase("Server/Diagnostics", "Journals", "Projects", "Connections")]
    public void Inside_the_server_a_folder_uses_only_those_below_it(string folder, params string[] above) =>
        Files(".cs").Where(file => file.Path.StartsWith(folder + "/", StringComparison.Ordinal))
            .Where(file => above.Any(name => Regex.IsMatch(file.Text, $@"\bEventOnly\.Server\.{name}\b|(?<![.\w]){name}\.[A-Z]")))
            .Select(file => file.Path).Should().BeEmpty();

    [TestCase("Protocol", @"\b(Task|Thread|Socket|WebSocket|TimeProvider|ILogger|FileStream|File)\b[.<(]|\bDateTime(Offset)?\.(Utc)?Now\b|\bnew Random\b")]
    [TestCase("Client", @"using (?:static )?EventOnly\.Server\b")]
    [TestCase("Tools", @"using (?:static )?EventOnly\.Server\b")]
    public void A_project_stays_away_from_what_is_not_its_business(string project, string words) =>
        Files(".cs").Where(file => file.Path.StartsWith(project + "/", StringComparison.Ordinal) && Regex.IsMatch(file.Text, words))
            .Select(file => file.Path).Should().BeEmpty();

    [Test]
    public void A_namespace_is_the_folder_it_stands_in() =>
        Files(".cs").Where(file => NamespaceLine().Match(file.Text) is { Success: true } match
                && match.Groups["name"].Value != "EventOnly." + Path.GetDirectoryName(file.Path)!.Replace('/', '.').Replace('\\', '.'))
            .Select(file => file.Path).Should().BeEmpty();

    [Test]
    public void No_file_is_longer_than_one_can_keep_in_mind() =>
        Files(".cs", ".js", ".css", ".html", ".sh").Where(file => file.Text.AsSpan().Count('\n') > LinesMax)
            .Select(file => file.Path).Should().BeEquivalentTo(s_tooLong.Keys);

    [Test]
    public void Tests_await_signals_and_where_they_wait_for_time_they_say_why_in_that_line() =>
        Files(".cs").Where(file => file.Path.StartsWith("Tests/", StringComparison.Ordinal) && Sleeping().IsMatch(file.Text))
            .Select(file => file.Path).Should().BeEmpty();

    [Test]
    public void No_file_names_somebodys_home() =>
        Files(".cs", ".js", ".css", ".html", ".sh", ".md", ".json", ".jsonl", ".csproj", ".props", ".sln", ".yml", ".txt")
            .Where(file => SomebodysHome().IsMatch(file.Text)).Select(file => file.Path).Should().BeEmpty();

    [Test]
    public void Every_banned_symbol_exists_or_nothing_is_banned_by_it() =>
        File.ReadLines(Repository.PathOf("BannedSymbols.txt")).Where(line => !BannedSymbol.Exists(line.Split(';')[0])).Should().BeEmpty();

    [Test]
    public void Every_banned_symbol_comes_with_its_replacement() =>
        File.ReadLines(Repository.PathOf("BannedSymbols.txt")).Where(line => line.Split(';', 2) is not [_, { Length: > 5 }]).Should().BeEmpty();

    private static IEnumerable<string> Walk(string folder) =>
        Directory.EnumerateFiles(folder).Concat(Directory.EnumerateDirectories(folder)
            .Where(inner => !s_built.Contains(Path.GetFileName(inner))).SelectMany(Walk));

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"\bThread\s*\.\s*Sleep\b|\bTask\s*\.\s*Delay\s*\((?!.*// )")]
    private static partial Regex Sleeping();

    [GeneratedRegex(@"(?<![\w.])/(?:root|home|Users)/\w")]
    private static partial Regex SomebodysHome();
}
