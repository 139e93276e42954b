using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using EventOnly.Server.Diagnostics;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging;

namespace EventOnly.Tests.House;

[Parallelizable]
public sealed partial class ServerLogTests
{
    private static IEnumerable<LoggerMessageAttribute> Messages =>
        typeof(ServerLog).GetMethods(BindingFlags.Public | BindingFlags.Static).Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>();

    private static string Source => File.ReadAllText(Repository.PathOf("Server", "Diagnostics", "ServerLog.cs"));

    [Test]
    public void There_are_messages_to_check() => Messages.Should().NotBeEmpty();

    [Test]
    public void Every_message_has_an_id_of_its_own() => Messages.Select(message => message.EventId).Should().OnlyHaveUniqueItems();

    [Test]
    public void Every_id_lies_in_a_range_that_the_header_names()
    {
        var ranges = Ranges().Matches(Source).Select(match => (From: Number(match.Groups["from"]), To: Number(match.Groups["to"]))).ToArray();

        Messages.Select(message => message.EventId).Should().OnlyContain(id => ranges.Any(range => id >= range.From && id <= range.To));
    }

    [Test]
    public void All_that_the_server_logs_stands_in_one_place() =>
        Directory.EnumerateFiles(Repository.PathOf("Server"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && Path.GetFileName(file) != "ServerLog.cs")
            .Where(file => OtherLogging().IsMatch(File.ReadAllText(file))).Should().BeEmpty();

    private static int Number(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<from>\d{3})-(?<to>\d{3}) \w+")]
    private static partial Regex Ranges();

    [GeneratedRegex(@"\[LoggerMessage\b|\.Log(?:Trace|Debug|Information|Warning|Error|Critical)\(")]
    private static partial Regex OtherLogging();
}
