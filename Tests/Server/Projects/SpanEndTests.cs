using System.Diagnostics;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

/// <summary>A span that has begun ends, whatever becomes of its command's project.</summary>
[Parallelizable]
public sealed class SpanEndTests
{
    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = static source => source.Name == ServerTraces.SourceName,
        Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
    };

    public SpanEndTests() => ActivitySource.AddActivityListener(_listener);

    [OneTimeTearDown]
    public void Stop() => _listener.Dispose();

    [Test]
    public async Task What_was_being_recorded_and_what_still_waits_end_with_an_error_when_the_project_has_a_fault()
    {
        var journal = new ScriptedJournal(Given.AJournal()) { OnAppend = _ => throw new IOException("The disk is on fire.") };
        await using var bench = await LoopBench.OpenAsync(journal, new ProjectOptions { BatchMax = 4 });
        var ann = await bench.BringInAsync("ann");
        var spans = await SubmitAsync(bench, ann, 10);

        bench.Run();
        await bench.Ended;

        spans.Should().AllSatisfy(span => ShouldHaveFailed(span, ErrorCode.Internal));
    }

    [Test]
    public async Task What_was_taken_and_not_begun_ends_with_an_error_when_the_project_has_a_fault()
    {
        await using var bench = await LoopBench.OpenAsync(Given.AJournal());
        var ann = await bench.BringInAsync("ann");
        var spans = await SubmitAsync(bench, ann, 2);
        await bench.BringAsync(new Inbound.Broadcast(ann.Member, null!)); // our bug, in the midst of the turn

        bench.Run();
        await bench.Ended;

        spans.Should().AllSatisfy(span => ShouldHaveFailed(span, ErrorCode.Internal));
    }

    [Test]
    public async Task What_was_recorded_and_not_told_ends_with_an_error_and_says_where_it_stands()
    {
        await using var bench = await LoopBench.RunAsync(Given.AJournal());
        var ann = await bench.EnterAsync("ann");
        ann.OnWake = () => throw new InvalidOperationException("The fan-out is on fire.");

        var spans = await SubmitAsync(bench, ann, 1);
        await bench.Ended;

        ShouldHaveFailed(spans[0], ErrorCode.Internal);
        spans[0].GetTagItem("eventonly.seq").Should().Be(1L, "it is in the journal");
    }

    [Test]
    public async Task What_still_waits_when_the_server_stops_ends_with_an_error_that_says_to_try_again()
    {
        await using var bench = await LoopBench.OpenAsync(Given.AJournal());
        var ann = await bench.BringInAsync("ann");
        var spans = await SubmitAsync(bench, ann, 2);
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();

        await bench.Loop.RunAsync(stopped.Token);

        spans.Should().AllSatisfy(span => ShouldHaveFailed(span, ErrorCode.Unavailable));
    }

    private static async Task<Activity[]> SubmitAsync(LoopBench bench, Guest from, int count)
    {
        var spans = new Activity[count];
        for (var n = 1; n <= count; n++)
        {
            spans[n - 1] = ServerTraces.Hear($"00-{ActivityTraceId.CreateRandom()}-00f067aa0ba902b7-01", Given.ProjectId, n, TimeProvider.System.GetUtcNow())!;
            await bench.BringAsync(new Inbound.Submit(from.Member, n, Given.Create($"e{n}"), Span: spans[n - 1]));
        }
        return spans;
    }

    private static void ShouldHaveFailed(Activity span, ErrorCode code)
    {
        span.IsStopped.Should().BeTrue();
        span.Status.Should().Be(ActivityStatusCode.Error);
        span.GetTagItem("eventonly.code").Should().Be(code.Word());
    }
}
