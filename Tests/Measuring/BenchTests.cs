using System.Text.Json;
using EventOnly.Server.Journals;
using EventOnly.Tests.Bench;
using EventOnly.Tests.Support;
using Spectre.Console;

namespace EventOnly.Tests.Measuring;

/// <summary>The benches run, in small, so that they do not rot between the times somebody measures.</summary>
internal sealed class BenchTests
{
    private static IEnumerable<string> Names => Benches.All.Select(bench => bench.Name).Where(name => name != "all");

    [Test]
    public async Task Every_bench_measures_all_its_rows([ValueSource(nameof(Names))] string name)
    {
        var bench = Benches.All.Single(bench => bench.Name == name);
        var json = Path.Combine(Path.GetTempPath(), $"eventonly-{Guid.NewGuid():n}.json");
        var (output, progress) = (new StringWriter(), new StringWriter());
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(output) });

        var exit = await BenchProgram.RunAsync(bench, new(bench.Name, Sizes.Tiny, json, AppContext.BaseDirectory, null), console, progress);

        exit.Should().Be(0, progress.ToString());
        using var told = JsonDocument.Parse(await File.ReadAllTextAsync(json));
        var rows = told.RootElement.GetProperty("rows").EnumerateArray().ToList();
        rows.Should().NotBeEmpty();
        foreach (var row in rows)
        {
            output.ToString().Should().Contain(row.GetProperty("name").GetString());
            var first = row.GetProperty("figures")[0];
            if (first.GetProperty("unit").GetString() != "bytes") // memory of this process, in which other tests run
                first.GetProperty("value").GetDouble().Should().BePositive(row.GetRawText());
        }
        Directory.EnumerateDirectories(AppContext.BaseDirectory, ".bench-*").Should().BeEmpty("nothing stays behind");
        File.Delete(json);
    }

    [Test]
    public void A_ratio_to_nothing_is_no_figure_and_meets_no_goal([Values(double.PositiveInfinity, double.NaN)] double value)
    {
        var figure = Figure.AtLeast("times", value, 1);

        figure.Should().BeEquivalentTo(new { Value = (double?)null, IsMet = (bool?)false });
        Report.ToJson("x", Machine.Look(AppContext.BaseDirectory, TimeProvider.System), [new("section", "row", figure)], []).Should().Contain("times", "a report can hold it");
    }

    [Test]
    public void What_is_not_understood_is_said([Values("--fast", "fan", "--json")] string argument) =>
        FluentActions.Invoking(() => BenchArguments.Read([argument])).Should().Throw<FormatException>().WithMessage($"*{argument}*");

    [Test]
    public void A_goal_that_is_missed_is_marked()
    {
        var page = Report.ToMarkdown("b", new("m", 2, "ext4", "k", "r", "d"), [new("s", "n", Figure.AtLeast("rate", 49, 50), Figure.Below("time", 49, 50, "ms"))], ["a note"]);

        page.Should().Contain("- a note\n").And.Contain("(b.svg)");
        page.Should().Contain("| n | 49.0 ✗ (≥ 50.0) | 49.0 ms ✓ (< 50.0 ms) |");
    }

    [TestCase(new[] { 1, 2, 3 }, new[] { 1L, 2, 3 }, null, TestName = "What was acknowledged and is there is no anomaly")]
    [TestCase(new[] { 1, 2 }, new[] { 1L, 2, 3 }, "lost", TestName = "An acknowledged event that is missing is found")]
    [TestCase(new[] { 1, 2, 2 }, new[] { 1L, 2 }, "command 2, after its 2", TestName = "An event that is there twice is found")]
    [TestCase(new[] { 1, 3, 2 }, new[] { 1L, 2, 3 }, "command 3, after its 1", TestName = "Events out of order are found")]
    [TestCase(new[] { 1, 2, 3 }, new[] { 1L, 3, 2 }, "acknowledged otherwise", TestName = "An event at another seq than was told is found")]
    [TestCase(new[] { 1, 2, 3 }, new[] { 1L, 2 }, "not at all", TestName = "An event that nobody was told of is found")]
    public async Task A_bench_fails_where_the_journal_is_not_what_was_acknowledged(int[] written, long[] acked, string? anomaly)
    {
        var journal = Given.AJournal();
        for (var i = 0; i < written.Length; i++)
            await journal.AppendAsync(Given.ProjectId, i, [Given.Line(Given.Event(i + 1, "s", written[i], new EventOnly.Protocol.State.Change.Deleted("a")))], default);

        var comparing = FluentActions.Awaiting(() => JournalCheck.CompareAsync(journal, Given.ProjectId, new Dictionary<string, IReadOnlyList<long>> { ["s"] = acked }));

        if (anomaly is null)
            await comparing.Should().NotThrowAsync();
        else
            await comparing.Should().ThrowAsync<BrokenPromiseException>().WithMessage($"*{anomaly}*");
    }
}
