using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>What the server says: reading, for clients and tools.</summary>
public sealed partial class WireCodec
{
    private static ServerMessage ReadServerMessage(in FrameScan scan, ReadOnlySpan<byte> frame)
    {
        var type = scan.RequiredText(Property.Type);
        return type switch
        {
            "create" or "update" or "delete" or "batch" => ReadEvent(scan, type),
            "ack" => new ServerMessage.Ack(
                scan.RequiredProject(), scan.RequiredInteger(Property.N), scan.RequiredInteger(Property.Seq), scan.Flag(Property.Duplicate) ?? false),
            "state" => new ServerMessage.State(scan.RequiredProject(), scan.RequiredInteger(Property.Seq), ReadHash(scan, Property.Hash)),
            "reject" => new ServerMessage.Reject(
                scan.RequiredProject(), scan.RequiredInteger(Property.N), ReadRefusal(scan), (int?)scan.Integer(Property.RetryAfterMs)),
            "error" => new ServerMessage.Error(
                scan.Text(Property.Id), ErrorCodes.FromWord(scan.RequiredText(Property.Code)), scan.RequiredText(Property.Message),
                scan.Text(Property.Detail), (int?)scan.Integer(Property.RetryAfterMs)),
            "connected" => ReadConnected(scan),
            "joined" => ReadJoined(scan),
            "snapshot" => new ServerMessage.Snapshot(
                scan.Text(Property.Id), scan.RequiredProject(), scan.RequiredInteger(Property.Seq), (int)scan.RequiredInteger(Property.Part),
                (int)scan.RequiredInteger(Property.Parts), ReadEntities(scan, Property.Entities, scan.RequiredInteger(Property.Seq)),
                StateHash.TryParse(scan.Text(Property.Hash), out var hash) ? hash : null),
            "result" => ReadResult(scan, frame),
            "verdict" => new ServerMessage.Verdict(scan.RequiredText(Property.Id), scan.Flag(Property.Ok) == true ? null : ReadRefusal(scan)),
            "broadcast" => new ServerMessage.Broadcast(
                scan.RequiredProject(), scan.RequiredText(Property.Topic), scan.RequiredValue(Property.Data), scan.RequiredText(Property.By),
                scan.RequiredText(Property.Session), scan.Text(Property.Key)),
            "presence" => ReadPresence(scan),
            "ping" => new ServerMessage.Ping(ReadClock(scan)),
            "pong" => new ServerMessage.Pong(ReadClock(scan), ReadMoment(scan, Property.Time)),
            "disconnect" => new ServerMessage.Disconnect(
                scan.RequiredText(Property.Code), scan.Text(Property.Reason) ?? "", scan.Flag(Property.Reconnect) ?? true,
                (int?)scan.Integer(Property.RetryAfterMs)),
            // An event of a kind that a newer server has learnt: its place in the journal counts, its content cannot.
            _ when scan.Has(Property.Seq) && scan.Has(Property.N) && scan.Has(Property.At) => ReadEvent(scan, type),
            _ => new ServerMessage.Unknown(type),
        };
    }

    private static ServerMessage.Connected ReadConnected(in FrameScan scan)
    {
        var limits = scan.Object(Property.Limits, out var found);
        if (!found)
            throw FrameScan.Wrong(Property.Limits, "an object");
        var user = scan.Object(Property.User, out var hasUser);
        return new(
            scan.RequiredText(Property.Connection), (hasUser ? user.Text(Property.Name) : null) ?? "",
            (int)scan.RequiredInteger(Property.PingInterval), (int)scan.RequiredInteger(Property.PingTimeout),
            new(Limit(limits, Property.MessageBytes), Limit(limits, Property.Depth), Limit(limits, Property.ObjectKeys),
                Limit(limits, Property.MessageKeys), Limit(limits, Property.InFlight), Limit(limits, Property.BatchOps),
                Limit(limits, Property.QueriesInFlight), Limit(limits, Property.QueryItems), Limit(limits, Property.HistoryEvents),
                Limit(limits, Property.Projects), Limit(limits, Property.TextUnits)),
            ReadMoment(scan, Property.Time));

        static int Limit(in FrameScan limits, Property property) => (int)(limits.Integer(property, max: int.MaxValue) ?? int.MaxValue);
    }

    private static ServerMessage.Joined ReadJoined(in FrameScan scan)
    {
        var outcomes = ImmutableArray.CreateBuilder<Outcome>();
        foreach (var element in scan.Elements(Property.Outcomes))
        {
            var outcome = scan.Inner(scan.At(element));
            outcomes.Add(new(outcome.RequiredInteger(Property.N), outcome.RequiredText(Property.Outcome) switch
            {
                "done" => Fate.Done,
                "coming" => Fate.Coming,
                _ => Fate.Unknown,
            }));
        }
        return new(
            scan.RequiredText(Property.Id), scan.RequiredProject(), scan.RequiredText(Property.Session),
            new(scan.RequiredText(Property.Epoch), scan.RequiredInteger(Property.Seq)), scan.Integer(Property.Floor) ?? 0,
            scan.Flag(Property.Recovered) ?? false, outcomes.DrainToImmutable(), scan.Text(Property.Role) ?? "",
            ReadMembers(scan, Property.Members), (int)(scan.Integer(Property.MemberCount) ?? 0));
    }

    private static ImmutableArray<PresentMember> ReadMembers(in FrameScan scan, Property property)
    {
        var members = ImmutableArray.CreateBuilder<PresentMember>();
        foreach (var element in scan.Elements(property))
        {
            var member = scan.Inner(scan.At(element));
            var user = member.Object(Property.User, out var hasUser);
            members.Add(new(
                member.RequiredText(Property.Session), (hasUser ? user.Text(Property.Name) : null) ?? "",
                member.Fields(Property.Data, named: false) ?? JsonFields.Empty));
        }
        return members.DrainToImmutable();
    }

    private static ServerMessage.Presence ReadPresence(in FrameScan scan)
    {
        var left = ImmutableArray.CreateBuilder<string>();
        foreach (var element in scan.Elements(Property.Left))
            left.Add(CanonicalValue.Parse(scan.At(element)).AsString() ?? throw FrameScan.Wrong(Property.Left, "an array of strings"));
        var changed = ImmutableArray.CreateBuilder<PresenceChange>();
        foreach (var element in scan.Elements(Property.Changed))
        {
            var change = scan.Inner(scan.At(element));
            changed.Add(new(change.RequiredText(Property.Session), change.RequiredFields(Property.Data, named: false)));
        }
        return new(
            scan.RequiredProject(), ReadMembers(scan, Property.Joined), left.DrainToImmutable(), changed.DrainToImmutable(),
            scan.Has(Property.Members) ? ReadMembers(scan, Property.Members) : null);
    }

    private static ServerMessage ReadResult(in FrameScan scan, ReadOnlySpan<byte> frame)
    {
        var id = scan.RequiredText(Property.Id);
        if (scan.Has(Property.Items))
            return new ServerMessage.QueryResult(id, scan.Integer(Property.Seq) ?? 0, ReadEntities(scan, Property.Items, scan.Integer(Property.Seq) ?? 0), scan.Flag(Property.More) ?? false);
        if (!scan.Has(Property.Events))
            return new ServerMessage.Done(id);
        var events = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        foreach (var element in scan.Elements(Property.Events))
            events.Add(frame[element].ToArray());
        return new ServerMessage.HistoryResult(
            id, events.DrainToImmutable(), scan.Integer(Property.Floor) ?? 0, scan.Flag(Property.More) ?? false, scan.Integer(Property.Next));
    }

    private static ImmutableArray<Entity> ReadEntities(in FrameScan scan, Property property, long seq)
    {
        var elements = scan.Elements(property);
        var entities = ImmutableArray.CreateBuilder<Entity>(elements.Count);
        foreach (var element in elements)
            entities.Add(ReadEntity(scan.Inner(scan.At(element)), seq));
        return entities.MoveToImmutable();
    }

    private static Entity ReadEntity(in FrameScan scan, long seq)
    {
        var texts = TextMarker.SplitKept(scan.RequiredFields(Property.Data, named: false), seq, out var data);
        return new(scan.RequiredText(Property.Entity), scan.RequiredText(Property.Kind), scan.RequiredInteger(Property.Version), data, texts);
    }

    private static Refusal ReadRefusal(in FrameScan scan)
    {
        ImmutableSortedDictionary<string, string>? errors = null;
        foreach (var field in scan.Fields(Property.Errors, named: false) ?? JsonFields.Empty)
        {
            var first = System.Text.Json.JsonDocument.Parse(field.Value.AsMemory()).RootElement is { ValueKind: System.Text.Json.JsonValueKind.Array } list
                ? string.Join(' ', list.EnumerateArray().Select(text => text.ToString()))
                : field.Value.ToString();
            errors = (errors ?? ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)).SetItem(field.Name, first);
        }
        var current = scan.Object(Property.Current, out var hasCurrent);
        return new(
            ErrorCodes.FromWord(scan.RequiredText(Property.Code)), scan.RequiredText(Property.Message), scan.Text(Property.Detail),
            (int?)scan.Integer(Property.Op), errors, hasCurrent ? ReadEntity(current, long.MaxValue) : null);
    }
}
