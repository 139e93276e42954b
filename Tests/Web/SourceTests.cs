using System.Text.RegularExpressions;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Web;

public sealed partial class SourceTests
{
    [GeneratedRegex(@"\b(fetch|XMLHttpRequest|EventSource|sendBeacon|WebTransport|importScripts)\b|\bimport\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ajax();

    [GeneratedRegex(@"/\*.*?\*/|//[^\n]*|<!--.*?-->", RegexOptions.Singleline, 1000)]
    private static partial Regex Comments();

    [Test]
    public void The_page_and_its_client_name_no_way_of_ajax()
    {
        var files = Directory.EnumerateFiles(Repository.PathOf("Web"), "*.*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".js", StringComparison.Ordinal) || file.EndsWith(".html", StringComparison.Ordinal)).ToArray();

        files.Should().HaveCountGreaterThan(20);
        files.Where(file => Ajax().IsMatch(Comments().Replace(File.ReadAllText(file), ""))).Should().BeEmpty();
    }
}
