using EventOnly.Client;
using EventOnly.Protocol.Text;
using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench.Texts;

/// <summary>One client edits texts on the live server, each text with one edit in flight, as clients do. In the end somebody else looks at the texts.</summary>
internal sealed class LiveText(int texts, Typing typing)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs on the load's thread.</summary>
    public Paced Measure(BenchRun run, string name)
    {
        using var server = Contender.Updates.Start(run.NewFolder());
        Comparison.AwaitQuiet(server);
        using var loop = new LoadLoop();
        var (dialect, shape) = (new TextDialect(name, texts, typing.Edits), new CrewShape(1, 1, 1));
        using var crew = new Crew(loop, server, dialect, shape);
        var flight = new FullFlight(loop, crew, shape, texts);
        flight.RunFor(run.Sizes.WarmUpTime);
        var trips = new AckTrips(loop, crew, texts);
        flight.Sending = trips.Sent;
        var meter = new Meter(loop, server);
        flight.RunFor(run.Sizes.RowTime);
        var stretch = meter.Read();
        crew.Complete();
        CompareAsync(server.Port, $"{name}-0", dialect, crew.Publishers[0].Sent).GetAwaiter().GetResult();
        return new(stretch, trips.Durations);
    }

    /// <exception cref="BrokenPromiseException">A text is not what its edits lead to.</exception>
    private async Task CompareAsync(int port, string project, TextDialect dialect, long sent)
    {
        await using var reader = await EventOnlyClient.ConnectAsync(new($"ws://127.0.0.1:{port}/ws"), new() { Project = project }).WaitAsync(s_patience);
        await reader.ReadyAsync().WaitAsync(s_patience);
        var (expected, made) = (TextBuffer.Empty, 0);
        for (var text = texts - 1; text >= 0; text--) // the first have as many edits as the last, or one more
        {
            for (; made < dialect.EditsOf(text, sent); made++)
                expected = expected.Apply(typing.Edits[made % typing.Edits.Count]);
            if (!string.Equals(reader.OpenText($"t{text}", "notes").Value, expected.ToString(), StringComparison.Ordinal))
                throw new BrokenPromiseException($"The text t{text} is not what {made} edits lead to.");
        }
    }
}
