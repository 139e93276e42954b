using System.Text;
using System.Text.Json;

namespace EventOnly.Tests.Simulation;

/// <summary>What must hold in every world that has come to rest.</summary>
internal static class RestCheck
{
    public static void Check(int seed, World world)
    {
        var (hash, view) = (world.Server.State.Hash.ToString(), World.TextOf(world.Server.State));
        string[] madeMarkers = [.. world.Server.Journal.Where(entry => entry.Contains("\"kind\":\"marker\"", StringComparison.Ordinal))];
        foreach (var client in world.Clients)
        {
            var (report, name) = (client.Report(), $"seed {seed}: {client.GetType().Name} {client.Name}");

            report.Troubles.Should().BeEmpty($"{name} has nothing to complain of");
            report.Hash.Should().Be(hash, $"{name} must converge");
            report.View.Should().Be(view, $"{name} sees the very state of the server, and nothing optimistic is left over");
            report.Answered.Should().Be(report.Asked, $"{name} hears of each command once");
            report.LinesAtOnce.Should().BeLessThanOrEqualTo(1, $"{name} never has two lines");
            if (world.Server.HasForgotten)
                continue;
            World.VotesOf(client.Name, world.Server.State).Should().Be(report.Votes, $"{name}: each vote counts once");
            foreach (var marker in report.Markers)
                madeMarkers.Count(entry => entry.Contains($"\"entity\":\"{marker}\"", StringComparison.Ordinal)).Should().Be(1, $"{name} made {marker} once");
        }
    }

    /// <summary>The same, and what is promised of texts (S1 to S5).</summary>
    public static void CheckTexts(int seed, World world, Style style)
    {
        Check(seed, world);
        var state = world.Server.State;
        var replayed = world.Server.Replayed;
        replayed.Hash.Should().Be(state.Hash, $"seed {seed}: the journal alone leads to the same state");
        replayed.Sessions.Should().Equal(state.Sessions, $"seed {seed}: and to the same table of what was taken");
        NumbersGrow(seed, world);
        var texts = state.Entities[Writing.Sheet].Texts.Select(text => text.Value.Text.ToString()).ToList();
        foreach (var text in texts)
            text.Invoking(it => new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(it)).Should().NotThrow($"seed {seed}: no half of a pair is left");
        if (style != Style.Unique)
            return;
        var all = string.Concat(texts).EnumerateRunes().GroupBy(rune => rune.ToString()).ToDictionary(group => group.Key, group => group.Count());
        all.Where(each => each.Value != 1).Should().BeEmpty($"seed {seed}: nothing is doubled");
        if (world.Server.HasForgotten)
            return;
        foreach (var client in world.Clients)
        {
            var report = client.Report();
            report.Refused.Should().BeEmpty($"seed {seed}: {client.Name} has written nothing in vain");
            report.Typed.Where(typed => !all.ContainsKey(typed)).Should().BeEmpty($"seed {seed}: nothing that {client.Name} was told to be taken is lost");
        }
        all.Count.Should().Be(world.Clients.Sum(client => client.Report().Typed.Count), $"seed {seed}: nothing is there that nobody typed");
    }

    private static void NumbersGrow(int seed, World world)
    {
        var last = new Dictionary<string, HashSet<long>>(StringComparer.Ordinal);
        foreach (var line in world.Server.Journal)
        {
            using var entry = JsonDocument.Parse(line);
            var (session, n) = (entry.RootElement.GetProperty("session").GetString()!, entry.RootElement.GetProperty("n").GetInt64());
            if (!last.TryGetValue(session, out var taken))
                last.Add(session, taken = []);
            taken.Add(n).Should().BeTrue($"seed {seed}: {n} of {session} took effect once");
        }
    }

    /// <summary>Runs of one letter: two who type forward at one place make two of them, and not confetti (S7).</summary>
    public static int RunsIn(string text) => text.Where((letter, at) => at == 0 || text[at - 1] != letter).Count();
}
