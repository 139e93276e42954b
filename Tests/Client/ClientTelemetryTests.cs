using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

/// <summary>What a client tells whoever listens to <c>EventOnly.Client</c>. Not beside other tests: every client in the process is heard.</summary>
[NonParallelizable]
public sealed partial class ClientTelemetryTests
{
    [Test]
    public async Task Operations_attempts_resumes_bytes_and_what_is_pending_are_told_and_documented()
    {
        using var server = new FakeServer();
        var told = new ConcurrentDictionary<string, double>();
        var units = new ConcurrentDictionary<string, string>();
        var activities = new ConcurrentQueue<string>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name != ClientTelemetry.Name)
                    return;
                units[instrument.Name] = instrument.Unit ?? "";
                listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        meters.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        meters.Start();
        using var sources = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ClientTelemetry.Name, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => activities.Enqueue($"{activity.OperationName} {activity.Status}"),
        };
        ActivitySource.AddActivityListener(sources);

        var (client, line) = await server.ConnectedAsync();
        var creating = client.CreateAsync("card", JsonFields.Empty, "a", server.Deadline);
        await line.HearAsync<ClientMessage.Submit>();
        meters.RecordObservableInstruments();
        told["eventonly.client.pending"].Should().Be(1);
        server.Time.Advance(TimeSpan.FromSeconds(2));
        await line.SayAsync(Said.Created(2, "a", session: Said.Me));
        await creating;
        line.Abort();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, server.Deadline);
        await client.DisposeAsync();

        told["eventonly.client.operation.duration create ok"].Should().Be(2);
        told["eventonly.client.reconnects"].Should().Be(1);
        told["eventonly.client.resumes snapshot"].Should().Be(1);
        told["eventonly.client.io transmit"].Should().BeGreaterThan(100);
        told["eventonly.client.io receive"].Should().BeGreaterThan(100);
        activities.Should().Equal("create Ok");
        Rows().Matches(await File.ReadAllTextAsync(Repository.PathOf("docs", "operations.md")))
            .ToDictionary(row => row.Groups["name"].Value, row => row.Groups["unit"].Value).Should().BeEquivalentTo(units);

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var name = tags.Length == 0 ? instrument.Name : $"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))}";
            told.AddOrUpdate(name, value, (_, sum) => sum + value);
        }
    }

    [GeneratedRegex(@"^\| client: `(?<name>eventonly\.client\.[a-z.]+)` \| `(?<unit>[^`]+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Rows();
}
