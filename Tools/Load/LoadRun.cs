using System.Globalization;
using System.Net.WebSockets;
using EventOnly.Client;
using EventOnly.Tools.Replay;

namespace EventOnly.Tools.Load;

/// <summary>
/// One load from the first connection to the verdict: the clients connect, publish while the time lasts, get what is under way, and are compared.
/// </summary>
/// <param name="site">Where; this run ends it.</param>
/// <param name="serverTime">The processor time a server of our own has used; null where it is another's.</param>
internal sealed class LoadRun(LoadSite site, Func<TimeSpan>? serverTime = null)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    /// <summary>Silence after which a line is gone: a server pings after 15 s unless it is set otherwise.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(60);

    /// <summary>Time for the last client to get in, beside the ramp.</summary>
    private static readonly TimeSpan s_arrival = TimeSpan.FromSeconds(60);

    private const int AuditsAtOnce = 8;

    private readonly List<Task> _running = [];

    public IReadOnlyList<LoadMember> Members { get; } = MembersOf(site);

    /// <summary>While it publishes.</summary>
    public Pacer? Pacer { get; private set; }

    public string Phase { get; private set; } = "ramp";

    /// <exception cref="ServerException">It could not run; the message says why.</exception>
    public async Task<LoadReport> RunAsync(CancellationToken ct)
    {
        try
        {
            await ProbeAsync(ct);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var looking = LookAsync(over.Token);
            try
            {
                return await RunPhasesAsync(ct);
            }
            finally
            {
                await over.CancelAsync();
                await looking;
            }
        }
        finally
        {
            await StopAsync();
        }
    }

    /// <summary>Ends all members. Doing it twice means nothing.</summary>
    private async Task StopAsync()
    {
        site.Stop();
        foreach (var member in Members)
            member.Abort();
        await Task.WhenAll(_running);
    }

    private async Task<LoadReport> RunPhasesAsync(CancellationToken ct)
    {
        var begun = site.Time.GetTimestamp();
        await RampAsync(begun, ct);
        var ramp = site.Time.GetElapsedTime(begun);
        await SeedAsync(ct);

        Phase = "publish";
        var before = Usage.Now(site, serverTime);
        var goesOn = await TryAsync(PublishAsync(ct), ct);
        var used = Usage.Now(site, serverTime) - before;

        Phase = "settle";
        var settling = site.Time.GetTimestamp();
        site.Settle();
        if (goesOn)
            await TryAsync(UntilAsync(IsSettled, site.Plan.Settle, ct), ct);
        var settled = site.Time.GetElapsedTime(settling);

        Phase = "compare";
        await StopAsync(); // a member that went on would be beyond what the server is asked about now
        if (!ct.IsCancellationRequested)
            await TryAsync(CompareAsync(ct), ct);
        return LoadReport.Of(site, used, ramp, settled, isComplete: !ct.IsCancellationRequested);
    }

    /// <summary>Once events were published there is something to report: a server that fails then breaks a promise. False where it did, or we are stopped.</summary>
    private async Task<bool> TryAsync(Task phase, CancellationToken ct)
    {
        try
        {
            await phase;
            return true;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return false;
        }
        catch (ServerException failure)
        {
            site.Breaches.Add(new("ended", -1, "", 0, failure.Message));
            return false;
        }
    }

    /// <summary>One look whether there is a server at all, before thousands ask it again and again.</summary>
    private async Task ProbeAsync(CancellationToken ct)
    {
        try
        {
            using var timeout = new CancellationTokenSource(site.DialTimeout, site.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
            await using var probe = await EventOnlyConnection.ConnectAsync(site.Uri, site.OptionsOf(0, isSlow: false), either.Token);
            await probe.CloseAsync(either.Token);
        }
        catch (Exception failure) when (failure is WebSocketException or ProtocolException or IOException || (failure is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new ServerException($"{site.Uri}: {failure.Message}");
        }
    }

    private async Task RampAsync(long begun, CancellationToken ct)
    {
        foreach (var member in Members)
        {
            var wait = site.Plan.Ramp * member.Index / Members.Count - site.Time.GetElapsedTime(begun);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, site.Time, ct);
            _running.Add(Task.Run(member.RunAsync, CancellationToken.None));
        }
        if (!await UntilAsync(() => Members.All(member => member.Ready.IsCompleted), s_arrival, ct))
        {
            var inside = Members.Count(member => member.Ready.IsCompleted);
            throw new ServerException(string.Create(
                CultureInfo.InvariantCulture, $"Only {inside} of {Members.Count} clients got in within {s_arrival.TotalSeconds} s after the ramp. The last failure: {site.LastFailure ?? "none"}"));
        }
    }

    private async Task SeedAsync(CancellationToken ct)
    {
        var first = Members.GroupBy(member => member.Record.Id).Select(members => members.MinBy(member => member.Pace)!).ToList();
        foreach (var member in first)
            member.Publisher.Seed();
        if (!await UntilAsync(() => first.TrueForAll(member => member.Publisher.IsQuiet), s_arrival, ct))
            throw new ServerException("The server does not answer the first commands.");
        if (site.Breaches.Kept.FirstOrDefault(breach => breach.Promise == "refused") is { } refused)
            throw new ServerException($"The server refuses the first commands: {refused.Detail}");
    }

    private async Task PublishAsync(CancellationToken ct)
    {
        var plan = site.Plan;
        var publishers = Members.Where(member => member.Pace == Pace.Best).Select(member => member.Publisher).ToList();
        Pacer = new(new Schedule(plan.Rate, plan.Duration, publishers.Count, plan.Mix, plan.Seed), publishers, site);
        var publishing = Pacer.RunAsync();
        if (plan.ReconnectStorm)
        {
            await UntilAsync(() => Pacer.Elapsed >= plan.Duration / 2, TimeSpan.MaxValue, ct);
            foreach (var member in Members)
                member.Abort();
        }
        await await Task.WhenAny(publishing, FailAsync(ct)); // one continuation for the whole run
    }

    private bool IsSettled() => Members
        .GroupBy(member => member.Record.Id)
        .All(members => members.First().Position is { } first && members.All(member => member.Position == first && member.Publisher.IsQuiet));

    private async Task CompareAsync(CancellationToken ct)
    {
        var byProject = Members.GroupBy(member => member.Record).ToList();
        await Parallel.ForEachAsync(byProject, new ParallelOptions { MaxDegreeOfParallelism = AuditsAtOnce, CancellationToken = ct }, async (members, over) =>
        {
            var server = await AuditAsync(members.Key, over);
            Audit.Compare(server, [.. members], site);
        });
    }

    private async Task<Audited?> AuditAsync(ProjectRecord record, CancellationToken ct)
    {
        try
        {
            return await Audit.AskAsync(site, record, ct).WaitAsync(s_arrival, site.Time, ct);
        }
        catch (Exception failure) when (failure is not OperationCanceledException) // whatever it was told
        {
            site.Breaches.Add(new("ended", -1, record.Id, 0, failure.Message));
            return null;
        }
    }

    /// <summary>What is to be done now and then for all: one loop instead of a timer each.</summary>
    private async Task LookAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), site.Time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var member in Members)
            {
                member.Publisher.Look();
                member.AbortIfSilent(s_silence);
            }
        }
    }

    private async Task<bool> UntilAsync(Func<bool> holds, TimeSpan limit, CancellationToken ct)
    {
        var since = site.Time.GetTimestamp();
        while (!holds())
        {
            if (site.Time.GetElapsedTime(since) > limit)
                return false;
            if (site.Hopeless.IsCompletedSuccessfully)
                throw new ServerException(await site.Hopeless);
            await Task.Delay(s_look, site.Time, ct);
        }
        return true;
    }

    private async Task FailAsync(CancellationToken ct) => throw new ServerException(await site.Hopeless.WaitAsync(ct));

    private static List<LoadMember> MembersOf(LoadSite site)
    {
        var plan = site.Plan;
        var chance = new Random(plan.Seed);
        var order = Enumerable.Range(0, plan.Clients).ToArray();
        chance.Shuffle(order);
        var slow = order.Take(plan.SlowCount).ToHashSet();
        var records = Enumerable.Range(0, plan.Projects)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"load-{site.RunId}-{i}"))
            .Select(id => new ProjectRecord(id, new Authorship(site, id).Of, site.Breaches)).ToArray();
        return [.. Enumerable.Range(0, plan.Clients).Select(i => new LoadMember(
            i, site, records[i % plan.Projects], !slow.Contains(i) ? Pace.Best : i % 2 == 0 ? Pace.Slow : Pace.Sleepy, folds: i / plan.Projects < plan.FoldPerProject))];
    }
}
