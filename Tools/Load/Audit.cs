using System.Globalization;
using System.Net.WebSockets;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tools.Replay;

namespace EventOnly.Tools.Load;

/// <summary>Where a project stands, by one who has just joined it.</summary>
/// <param name="State">The snapshot of the join and the events behind it.</param>
/// <param name="Hash">The server's own hash of its state there; null where it does not look back.</param>
internal sealed record Audited(Position Head, ProjectState State, StateHash? Hash);

/// <summary>Asks the server, after the load, what each project has come to: a new member joins and compares.</summary>
internal static class Audit
{
    public static async Task<Audited> AskAsync(LoadSite site, ProjectRecord record, CancellationToken ct)
    {
        try
        {
            return await JoinAsync(site, record, ct);
        }
        catch (Exception failure) when (failure is WebSocketException or ProtocolException or IOException)
        {
            throw new ServerException($"The state of {record.Id} at the end cannot be had: {failure.Message}");
        }
    }

    private static async Task<Audited> JoinAsync(LoadSite site, ProjectRecord record, CancellationToken ct)
    {
        await using var connection = await EventOnlyConnection.ConnectAsync(site.Uri, site.OptionsOf(0, isSlow: false), ct);
        await connection.SendAsync(new ClientMessage.Connect(site.Plan.Token is null ? "audit" : null, site.Plan.Token, "eventonly load", "1"), ct);
        await connection.SendAsync(new ClientMessage.Join(
            "j", record.Id, "audit_" + Guid.NewGuid().ToString("n", CultureInfo.InvariantCulture), null, [], Listen: true, Presence: null), ct);
        Position? head = null;
        StateBuilder? state = null;
        var entities = new List<Entity>();
        var hasAsked = false;
        while (await connection.ReceiveMessageAsync(ct) is { } message)
        {
            switch (message)
            {
                case ServerMessage.Joined m:
                    head = m.Head;
                    break;
                case ServerMessage.Happened m when m.Event.Seq <= head?.Seq:
                    state?.Apply(m.Event);
                    break;
                case ServerMessage.Snapshot { Id: null } m:
                    entities.AddRange(m.Entities);
                    if (m.Part == m.Parts)
                        state = new(ProjectState.FromSnapshot(m.Seq, entities));
                    break;
                case ServerMessage.Snapshot { Hash: { } hash }:
                    return new(head!.Value, state!.ToState(), hash);
                case ServerMessage.Error { Id: "at" }:
                    return new(head!.Value, state!.ToState(), null);
                case ServerMessage.Error m:
                    throw new ServerException($"{record.Id} cannot be joined at the end: {m.Message}");
                case ServerMessage.Ping m:
                    await connection.SendAsync(new ClientMessage.Pong(m.T), ct);
                    break;
            }
            if (hasAsked || state is null || head is null || state.Seq < head.Value.Seq)
                continue;
            hasAsked = true;
            await connection.SendAsync(new ClientMessage.At("at", record.Id, head.Value.Seq, null), ct);
        }
        throw new ServerException($"The connection that asked for the state of {record.Id} ended: close {connection.CloseCode?.ToString(CultureInfo.InvariantCulture) ?? "without a code"}.");
    }

    /// <summary>Compares what the members heard and folded with what the server has.</summary>
    /// <param name="server">Null where it could not be asked: then what became of the commands is all there is to compare.</param>
    /// <param name="members">All of one project; they have ended.</param>
    public static void Compare(Audited? server, IReadOnlyList<LoadMember> members, LoadSite site)
    {
        var (record, breaches) = (members[0].Record, site.Breaches);
        if (server is not null)
            site.Tally.CountVerifiedProject();
        var withoutEffect = new List<(int Client, long N)>();
        foreach (var member in members)
        {
            var client = member.Index;
            if (server is not null)
                CompareStream(server, member, site);
            var outcomes = member.Publisher.End(n => record.HasEffect(client, n));
            foreach (var n in outcomes.Unanswered)
                breaches.Add(new("unanswered", client, record.Id, 0, $"command {n}."));
            withoutEffect.AddRange(outcomes.WithoutEffect.Select(n => (client, n)));
            foreach (var n in outcomes.InSpite)
                breaches.Add(new("refused", client, record.Id, 0, $"command {n}, and yet it took effect."));
            if (outcomes.Waiting > 0)
                breaches.Add(new("unanswered", client, record.Id, 0, $"{outcomes.Waiting} commands could not be sent in time."));
        }
        // Whose effects are in the holes nobody knows, but each hole has one only.
        var holes = record.HoleCountUpTo(members.Max(member => member.Check.Position?.Seq ?? 0));
        foreach (var (client, n) in withoutEffect.Skip((int)Math.Min(holes, int.MaxValue)))
            breaches.Add(new("acknowledged", client, record.Id, 0, $"command {n}, and nobody heard of it."));
    }

    private static void CompareStream(Audited server, LoadMember member, LoadSite site)
    {
        member.Check.End(server.Head);
        if (member.Check.Position is null)
            return;
        site.Tally.CountVerifiedMember();
        if (!member.Folds || member.Check.Position != server.Head || member.State is not { } mine)
            return;
        CompareHash(server, mine.Hash, member.Index, member.Record, site.Breaches);
        site.Tally.CountVerifiedState();
    }

    private static void CompareHash(Audited server, StateHash mine, int client, ProjectRecord record, Breaches breaches)
    {
        if (mine != server.State.Hash)
            breaches.Add(new("hash", client, record.Id, server.Head.Seq, $"folded to {mine}, a new member to {server.State.Hash}."));
        else if (server.Hash is { } theirs && mine != theirs)
            breaches.Add(new("hash", client, record.Id, server.Head.Seq, $"folded to {mine}, the server says {theirs}."));
    }
}
