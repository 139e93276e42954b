using System.Reflection;
using System.Text.RegularExpressions;
using EventOnly.Client;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.House;

/// <summary>The table of names in docs/clients.md has the C# client's members, all of them and no other. Its JavaScript side: Tests/Web/surface.test.js.</summary>
[Parallelizable]
public sealed partial class SurfaceTests
{
    [GeneratedRegex(@"`(?<name>[\w.]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    private static string[] Listed()
    {
        var table = File.ReadAllText(Repository.PathOf("docs", "clients.md")).Split("## The same names")[1].Split("\n## ")[0];
        return [.. table.Split('\n').Where(line => line.StartsWith('|')).Skip(2)
            .SelectMany(row => Name().Matches(row.Split('|')[3]).Select(match => match.Groups["name"].Value)).Distinct()];
    }

    private static string[] There() =>
        [.. MembersOf(typeof(EventOnlyClient), ""), .. MembersOf(typeof(Store), "Store."), .. MembersOf(typeof(Presence), "Presence."), .. MembersOf(typeof(TextSession), "TextSession.")];

    private static IEnumerable<string> MembersOf(Type type, string prefix) =>
        type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(member => member is PropertyInfo or MethodInfo { IsSpecialName: false }).Select(member => prefix + member.Name).Distinct();

    [Test]
    public void Every_member_of_the_client_stands_in_the_table_of_names() => There().Except(Listed()).Should().BeEmpty();

    [Test]
    public void The_table_of_names_has_no_name_that_is_not_there() => Listed().Except(There()).Should().BeEmpty();
}
