using EventOnly.Tests.Bench;
using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Measuring;

/// <summary>Servers that are measured side by side: one that fails costs the others nothing.</summary>
[Parallelizable]
[Platform("Linux")]
internal sealed class ComparisonTests
{
    private static readonly string s_folder = Path.GetTempPath();

    private readonly BenchRun _run = new(Directory.CreateDirectory(Path.Combine(s_folder, $"eventonly-{Guid.NewGuid():n}")).FullName, Sizes.Tiny with { Rounds = 3 }, _ => { });

    [Test]
    public async Task Who_does_not_start_and_who_breaks_a_promise_are_named_and_the_others_measured()
    {
        IReadOnlyList<Measured<int>> all = [];

        await LoadThread.RunAsync(() => all = Comparison.Measure(
            _run, "race", [Peer("good", "echo ready :1; sleep 60"), Peer("lame", "echo no >&2; exit 1"), Peer("false", "echo ready :1; sleep 60")],
            cell => cell.Contender.Name == "good" ? 7 : throw new BrokenPromiseException("Lost: 3")));

        all.Should().ContainSingle().Which.Values.Should().Equal(7, 7, 7);
        _run.Failures.Should().Equal("race: false: Lost: 3");
        _run.Notes.Should().Contain(note => note.StartsWith("Missing: race: lame:", StringComparison.Ordinal)).And.Contain(note => note.Contains("race: false: Lost: 3", StringComparison.Ordinal));
    }

    [Test]
    public async Task A_bench_with_a_broken_promise_tells_its_other_rows_and_ends_with_1()
    {
        var (output, progress) = (new StringWriter(), new StringWriter());
        var console = Spectre.Console.AnsiConsole.Create(new() { Out = new Spectre.Console.AnsiConsoleOutput(output) });
        var bench = new BenchEntry("b", "", run =>
        {
            run.Attempt("first", () => throw new BrokenPromiseException("Lost: 3"));
            run.Add(new("s", "second", new Figure("rate", 5)));
            throw new BrokenPromiseException("Lost: 4");
        });

        var exit = await BenchProgram.RunAsync(bench, new("b", Sizes.Tiny, null, AppContext.BaseDirectory, null), console, progress);

        exit.Should().Be(1);
        output.ToString().Should().Contain("second");
        progress.ToString().Should().Contain("first: Lost: 3").And.Contain("b: Lost: 4");
    }

    private static Contender Peer(string name, string script) => new(name, _ => new ServerProcess("sh", "-c", script), _ => new PlainDialect());
}
