using System.Collections.Concurrent;
using System.Diagnostics;
using EventOnly.Server.Diagnostics;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>What a command that belongs to a trace tells of itself.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TracesTests
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    public TracesTests()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == ServerTraces.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [OneTimeTearDown]
    public void Stop() => _listener.Dispose();

    [Test]
    public async Task A_command_tells_of_its_deciding_its_append_and_its_fan_out()
    {
        var trace = ActivityTraceId.CreateRandom();
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");

        await ann.SayAsync($$$"""{"type":"create","project":"apollo","n":1,"entity":"a","kind":"card","data":{},"traceparent":"00-{{{trace}}}-00f067aa0ba902b7-01"}""");
        var happened = await ann.HearAsync("create");

        var command = await SpanAsync(trace, "eventonly.command");
        happened.Has("traceparent").Should().BeFalse("it is no part of the event");
        command.ParentSpanId.ToHexString().Should().Be("00f067aa0ba902b7");
        command.Kind.Should().Be(ActivityKind.Server);
        command.TagObjects.Should().Contain([new("eventonly.project", "apollo"), new("eventonly.n", 1L), new("eventonly.seq", 1L)]);
        var children = Of(trace).Where(span => span.ParentSpanId == command.SpanId).ToArray();
        children.Select(span => span.OperationName).Should().Equal("decide", "journal.append", "fan-out");
        var moments = children.SelectMany(span => (DateTime[])[span.StartTimeUtc, span.StartTimeUtc + span.Duration]).ToArray();
        moments.Should().BeInAscendingOrder();
        moments[0].Should().BeOnOrAfter(command.StartTimeUtc);
        (command.StartTimeUtc + command.Duration).Should().Be(moments[^1]);
    }

    [Test]
    public void What_is_heard_after_it_is_no_part_of_it()
    {
        var span = ServerTraces.Hear($"00-{ActivityTraceId.CreateRandom()}-00f067aa0ba902b7-01", "apollo", 1, TimeProvider.System.GetUtcNow());

        span.Should().NotBeNull();
        Activity.Current.Should().BeNull();
    }

    [Test]
    public async Task A_refused_command_tells_why_and_of_nothing_that_did_not_happen()
    {
        var trace = ActivityTraceId.CreateRandom();
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");

        await ann.SayAsync($$$"""{"type":"delete","project":"apollo","n":1,"entity":"a","traceparent":"00-{{{trace}}}-00f067aa0ba902b7-01"}""");
        await ann.HearAsync("reject");

        var command = await SpanAsync(trace, "eventonly.command");
        command.Status.Should().Be(ActivityStatusCode.Error);
        command.TagObjects.Should().Contain(new KeyValuePair<string, object?>("eventonly.code", "not_found"));
        Of(trace).Select(span => span.OperationName).Should().Equal("decide", "eventonly.command");
    }

    [Test]
    public async Task Commands_of_one_turn_tell_each_in_its_own_trace_and_those_without_a_trace_tell_nothing()
    {
        var traces = Enumerable.Range(0, 5).Select(_ => ActivityTraceId.CreateRandom()).ToArray();
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        var n = 0;
        foreach (var trace in traces)
        {
            await ann.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{++n}}},"kind":"card","data":{},"traceparent":"00-{{{trace}}}-00f067aa0ba902b7-01"}""");
            await ann.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{++n}}},"kind":"card","data":{}}""");
        }
        await ann.HearAsync("create", heard => heard.Number("n") == n);

        foreach (var trace in traces)
        {
            (await SpanAsync(trace, "eventonly.command")).ParentSpanId.ToHexString().Should().Be("00f067aa0ba902b7", "what was heard before it is not its parent");
            Of(trace).Should().HaveCount(4);
        }
    }

    private IEnumerable<Activity> Of(ActivityTraceId trace) => _spans.Where(span => span.TraceId == trace);

    private async Task<Activity> SpanAsync(ActivityTraceId trace, string name)
    {
        await Eventually.IsAsync(() => Of(trace).Any(span => span.OperationName == name), "the span has ended");
        return Of(trace).Single(span => span.OperationName == name);
    }
}
