using System.Globalization;
using System.Net.WebSockets;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Load;

/// <summary>
/// One headless client in one project: a connection that is made anew whenever it ends and resumes by <c>since</c>. What comes on it is for its
/// <see cref="Listener"/>, what goes out for its <see cref="Publisher"/>.
/// </summary>
/// <param name="folds">Whether it also folds the events to a state.</param>
internal sealed class LoadMember(int index, LoadSite site, ProjectRecord record, Pace pace, bool folds)
{
    private readonly Membership _membership = new(index, record, site, folds);
    private volatile EventOnlyConnection? _connection;
    private long _heardAt;

    public int Index => index;

    public ProjectRecord Record => record;

    public Pace Pace => pace;

    public bool Folds => folds;

    public MemberCheck Check => _membership.Check;

    public Publisher Publisher { get; } = new(site, index, record.Id);

    /// <summary>Completes when it is in its project for the first time.</summary>
    public Task Ready => _membership.Ready;

    /// <summary>Where it stands, or null while it is not in its project.</summary>
    public Position? Position => _membership.Position;

    /// <summary>What it folded; not while it hears events.</summary>
    public ProjectState? State => _membership.State;

    /// <summary>Drops the line without a goodbye; it comes back by itself.</summary>
    public void Abort() => _connection?.Abort();

    /// <summary>Drops a line that has been silent for so long. The server pings, so silence means that it is gone.</summary>
    public void AbortIfSilent(TimeSpan limit)
    {
        if (_connection is not null && site.Time.GetElapsedTime(Volatile.Read(ref _heardAt)) > limit)
            Abort();
    }

    /// <summary>Comes, and comes back, until the load is over.</summary>
    public async Task RunAsync()
    {
        var random = new Random(HashCode.Combine(site.Plan.Seed, index));
        for (var attempt = 0; !site.Stopping.IsCancellationRequested; attempt++)
        {
            var listener = new Listener(this, _membership, site);
            var end = await EndOfAsync(listener);
            if (site.Stopping.IsCancellationRequested)
                return;
            site.Tally.CountEnd(listener.EndCode ?? end);
            attempt = listener.HasHeld ? 0 : attempt;
            var pause = site.Reconnect.Pause(attempt, random);
            await Task.Delay(pause > listener.StayAway ? pause : listener.StayAway, site.Time, site.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One attempt, and why it ended as far as the line can tell.</summary>
    private async Task<string> EndOfAsync(Listener listener)
    {
        try
        {
            return WordOf(await HoldAsync(listener));
        }
        catch (ProtocolException refusal)
        {
            if (refusal.Code == "unsupported_version")
                site.GiveUp(refusal.Message);
            _membership.Tell(0, refusal.Message);
            return refusal.Code;
        }
        catch (Exception failure) when (failure is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            site.LastFailure = failure.Message;
            return "lost";
        }
        catch (Exception fault) // whatever it was told made it fail: that is for the report, not for the end of the run
        {
            _membership.Tell(0, $"this client failed: {fault.GetType().Name}: {fault.Message}");
            return "lost";
        }
    }

    /// <summary>One connection, from dialling to its end, and the code it was closed with.</summary>
    private async Task<int?> HoldAsync(Listener listener)
    {
        var connection = await DialAsync();
        await using var _ = connection.ConfigureAwait(false);
        var paces = new Paces(pace, site.Time, site.Settling);
        Volatile.Write(ref _heardAt, site.Time.GetTimestamp());
        _connection = connection;
        try
        {
            site.Tally.CountOpened();
            Publisher.Opened(connection);
            Publisher.Say(new ClientMessage.Connect(
                site.Plan.Token is null ? $"load-{index.ToString(CultureInfo.InvariantCulture)}" : null, site.Plan.Token, "eventonly load", "1"));
            Publisher.Say(new ClientMessage.Join(
                "j", record.Id, $"load_{site.RunId}_{index}", _membership.Since, [.. Publisher.OpenNumbers], Listen: true, Presence: null));
            if (site.Stopping.IsCancellationRequested)
                return null;
            while (await connection.ReceiveAsync(CancellationToken.None) is { } frame)
            {
                Volatile.Write(ref _heardAt, site.Time.GetTimestamp());
                listener.Hear(frame);
                await paces.PauseAsync();
            }
            return connection.CloseCode;
        }
        finally
        {
            _connection = null;
            _membership.Left();
            connection.Abort();
            await Publisher.ClosedAsync();
        }
    }

    private async Task<EventOnlyConnection> DialAsync()
    {
        using var timeout = new CancellationTokenSource(site.DialTimeout, site.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(site.Stopping, timeout.Token);
        return await EventOnlyConnection.ConnectAsync(site.Uri, site.OptionsOf(index, pace != Pace.Best), either.Token);
    }

    private static string WordOf(int? closeCode) =>
        closeCode is { } code && Enum.IsDefined((CloseCode)code) ? ((CloseCode)code).Describe().Word : $"close_{closeCode}";
}
