using System.Text;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Proofs;

/// <summary>
/// What the server asks of the system for an event that many hear, counted in the real process. The calls that carry bytes are the same on every machine;
/// those by which threads wait for each other depend on when the system lets them run, so that all together have but a generous bound.
/// </summary>
[Category("Strace")]
internal sealed class CallsPerDeliveryTests
{
    private const int Members = 50;

    private Data _data = null!;

    [SetUp]
    public void MakeData() => _data = new();

    [TearDown]
    public void RemoveData() => _data.Dispose();

    [Test]
    public async Task One_event_after_the_other_is_one_write_for_each_member_and_little_else()
    {
        const int events = 100;
        var calls = await CountAsync(async author =>
        {
            for (var n = 1; n <= events; n++)
            {
                await author.SayAsync(Create(n));
                await author.HearAsync("create", heard => heard.Number("n") == n);
            }
        }, events);

        const double deliveries = events * (Members + 1);
        var told = calls.ToString();
        (calls["sendto", "sendmsg", "write", "writev"] / deliveries).Should().BeInRange(1, 1.05, told);
        ((double)calls["recvfrom", "recvmsg", "read", "readv"] / events).Should().BeInRange(1, 3.5, told);
        ((double)calls["pwrite64", "pwritev"] / events).Should().BeInRange(1, 1.1, told);
        ((double)calls["fdatasync"] / events).Should().BeInRange(1, 1.1, told);
        (calls["epoll_ctl"] / deliveries).Should().BeLessThan(0.01, told);
        (calls.Total / deliveries).Should().BeLessThan(4, told); // less than two where this was written
    }

    [Test]
    public async Task Many_events_at_once_leave_in_few_writes_and_are_recorded_as_few_groups()
    {
        const int rounds = 8, burst = 60;
        var calls = await CountAsync(async author =>
        {
            for (var round = 0; round < rounds; round++)
            {
                var numbers = Enumerable.Range(1 + (round * burst), burst).ToArray();
                await author.SendRawAsync(numbers.SelectMany(n => RawClient.Encode(RawClient.Text, Encoding.UTF8.GetBytes(Create(n)))).ToArray());
                await author.HearAsync("create", heard => heard.Number("n") == numbers[^1]);
            }
        }, rounds * burst);

        const double deliveries = rounds * burst * (Members + 1);
        var told = calls.ToString();
        (calls["sendto", "sendmsg", "write", "writev"] / deliveries).Should().BeLessThan(0.2, told);
        ((double)calls["recvfrom", "recvmsg", "read", "readv"] / (rounds * burst)).Should().BeLessThan(0.5, told);
        ((double)calls["pwrite64", "pwritev"] / (rounds * burst)).Should().BeLessThan(0.2, told);
        ((double)calls["fdatasync"] / (rounds * burst)).Should().BeLessThan(0.2, told);
        (calls.Total / deliveries).Should().BeLessThan(1, told); // less than 0.3 where this was written
    }

    [Test]
    public void What_strace_counts_is_read()
    {
        var calls = CallCount.Parse(
        [
            "% time     seconds  usecs/call     calls    errors syscall",
            "------ ----------- ----------- --------- --------- ----------------",
            " 60.00    0.000300           3       100           sendto",
            " 40.00    0.000200          20        10         2 futex",
            "  0.00    0.000000           0        10           sched_yield",
            "------ ----------- ----------- --------- --------- ----------------",
            "100.00    0.000500           4       110         2 total",
        ]);

        (calls["sendto"], calls["futex", "read"], calls.Total).Should().Be((100, 10, 110));
    }

    private static string Create(int n) => $$$"""{"type":"create","project":"apollo","n":{{{n}}},"entity":"e-{{{n}}}","kind":"card","data":{"text":"{{{new string('x', 100)}}}"}}""";

    /// <summary>The calls from before the first event until everybody has heard the last one.</summary>
    private async Task<CallCount> CountAsync(Func<RawClient, Task> write, int events)
    {
        var file = Path.Combine(_data.Folder, "calls");
        await using (var server = await RunningServer.StartAsync(_data.Folder, "--EventOnly:Connections:PingInterval=00:04:00", "--EventOnly:Connections:PingTimeout=00:05:00"))
        {
            var members = new List<RawClient>();
            for (var i = 0; i < Members; i++)
                members.Add(await server.JoinAsync($"member-{i}"));
            await using var author = await server.JoinAsync("author");
            await using (await Strace.AttachAsync(server.Id, "-c", "-o", file))
            {
                await write(author);
                foreach (var member in members)
                    await member.HearAsync("create", heard => heard.Number("seq") == events);
            }
            foreach (var member in members)
                await member.DisposeAsync();
        }
        return CallCount.Parse(File.ReadLines(file));
    }
}
