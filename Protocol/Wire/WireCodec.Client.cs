using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>What clients say: reading (server) and writing (client).</summary>
public sealed partial class WireCodec
{
    private ClientMessage ReadClientMessage(in FrameScan scan) => scan.RequiredText(Property.Type) switch
    {
        "create" or "update" or "delete" or "batch" =>
            new ClientMessage.Submit(
                scan.RequiredProject(), scan.RequiredInteger(Property.N, 1), ReadCommand(scan, inBatch: false), TraceParent.Read(scan.Slice(Property.Traceparent))),
        "connect" => ReadConnect(scan),
        "join" => ReadJoin(scan),
        "leave" => new ClientMessage.Leave(scan.RequiredName(Property.Id), scan.RequiredProject()),
        "broadcast" => new ClientMessage.Broadcast(
            scan.RequiredProject(), scan.RequiredName(Property.Topic), scan.RequiredValue(Property.Data), scan.Text(Property.To), scan.Name(Property.Key)),
        "presence" => new ClientMessage.SetPresence(scan.RequiredProject(), PresenceIn(scan.RequiredFields(Property.Data, named: false))),
        "query" => new ClientMessage.Ask(scan.RequiredName(Property.Id), scan.RequiredProject(), ReadQuery(scan)),
        "validate" => ReadValidate(scan),
        "history" => ReadHistory(scan),
        "diverged" => new ClientMessage.Diverged(
            scan.RequiredProject(), scan.RequiredInteger(Property.From), scan.RequiredInteger(Property.To), ReadHash(scan, Property.Hash), ReadHash(scan, Property.Expected)),
        "cancel" => new ClientMessage.Cancel(scan.RequiredName(Property.Id)),
        "ping" => new ClientMessage.Ping(ReadClock(scan)),
        "pong" => new ClientMessage.Pong(ReadClock(scan)),
        _ => throw new BadFrameException(ErrorCode.Unsupported, null, "The message type is not known."),
    };

    private static ClientMessage.Connect ReadConnect(in FrameScan scan)
    {
        var user = scan.Object(Property.User, out var hasUser);
        var name = hasUser ? user.Text(Property.Name) : null;
        if (name is not null && !Names.IsUserName(name))
            throw BadFrameException.Shape("'user.name' must be 1 to 64 characters, none of them a control character.");
        var client = scan.Object(Property.Client, out var hasClient);
        return new(
            name, scan.Text(Property.Token), hasClient ? client.Text(Property.Name) : null,
            hasClient && client.Has(Property.Version) ? client.Text(Property.Version) : null);
    }

    private ClientMessage.Join ReadJoin(in FrameScan scan)
    {
        var secret = scan.RequiredText(Property.Session);
        if (!Names.IsSessionSecret(secret))
            throw BadFrameException.Shape("'session' must be 16 to 64 of [A-Za-z0-9_-].");

        var since = scan.Object(Property.Since, out var hasSince);
        var pending = scan.Elements(Property.Pending);
        if (pending.Count > WireLimits.InFlight)
            throw BadFrameException.TooLarge("'pending' has more than 64 numbers.");
        var numbers = ImmutableArray.CreateBuilder<long>(pending.Count);
        foreach (var element in pending)
        {
            numbers.Add(System.Buffers.Text.Utf8Parser.TryParse(scan.At(element), out long n, out var used)
                && used == scan.At(element).Length && n is >= 1 and <= CanonicalNumber.SafeInteger
                ? n
                : throw FrameScan.Wrong(Property.Pending, "an array of whole numbers"));
        }

        var presence = scan.Fields(Property.Presence, named: false);
        return new(
            scan.RequiredName(Property.Id), scan.RequiredProject(), secret,
            hasSince ? new Position(since.RequiredName(Property.Epoch), since.RequiredInteger(Property.Seq)) : null,
            numbers.MoveToImmutable(), scan.Flag(Property.Listen) ?? true, presence is null ? null : PresenceIn(presence));
    }

    private JsonFields PresenceIn(JsonFields data) =>
        data.Bytes <= limits.PresenceBytes ? data : throw BadFrameException.TooLarge("The presence is larger than the limit.");

    private ClientMessage.Validate ReadValidate(in FrameScan scan)
    {
        var command = scan.Object(Property.Command, out var found);
        return found
            ? new(scan.RequiredName(Property.Id), scan.RequiredProject(), ReadCommand(command, inBatch: false))
            : throw FrameScan.Wrong(Property.Command, "an object");
    }

    private static StateHash ReadHash(in FrameScan scan, Property property) =>
        StateHash.TryParse(scan.RequiredText(property), out var hash) ? hash : throw FrameScan.Wrong(property, "16 hexadecimal digits");

    private static CanonicalValue ReadClock(in FrameScan scan) =>
        scan.RequiredValue(Property.T) is var t && t.AsNumber() is not null ? t : throw FrameScan.Wrong(Property.T, "a number");

    private static Query ReadQuery(in FrameScan scan)
    {
        var sort = scan.Text(Property.Sort);
        var descending = sort is ['-', ..];
        sort = descending ? sort![1..] : sort;
        if (sort is not null && !Names.IsName(sort))
            throw FrameScan.Wrong(Property.Sort, "a field's name, with '-' before it for descending order");

        var match = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var field in scan.Fields(Property.Match, named: false) ?? JsonFields.Empty)
        {
            match.Add(new(field.Name, field.Value.AsString() ?? throw FrameScan.Wrong(Property.Match, "an object of strings")));
        }

        var after = scan.Object(Property.After, out var hasAfter);
        return new()
        {
            Kind = scan.Name(Property.Kind),
            Where = scan.Fields(Property.Where, named: false) ?? JsonFields.Empty,
            Match = match.DrainToImmutable(),
            Sort = sort,
            Descending = descending,
            Limit = (int?)scan.Integer(Property.Limit, 1, 1_000_000),
            After = hasAfter ? new(after.RequiredName(Property.Entity), after.Value(Property.Value)) : null,
        };
    }

    private Command ReadCommand(in FrameScan scan, bool inBatch)
    {
        switch (scan.RequiredText(Property.Type))
        {
            case "create":
                return new Command.Create(scan.Name(Property.Entity), scan.RequiredName(Property.Kind), scan.RequiredFields(Property.Data, named: true));
            case "update":
                return ReadUpdate(scan, inBatch);
            case "delete":
                return new Command.Delete(scan.RequiredName(Property.Entity), scan.Integer(Property.IfVersion));
            case "batch" when !inBatch:
                var elements = scan.Elements(Property.Ops);
                if (elements.Count == 0)
                    throw FrameScan.Wrong(Property.Ops, "an array of at least one operation");
                if (elements.Count > limits.BatchOps)
                    throw BadFrameException.TooLarge("The batch has too many operations.");
                var ops = ImmutableArray.CreateBuilder<Command>(elements.Count);
                foreach (var element in elements)
                    ops.Add(ReadCommand(scan.Inner(scan.At(element)), inBatch: true));
                return new Command.Batch(ops.MoveToImmutable());
            default:
                throw BadFrameException.Shape("A command is create, update or delete, or a batch of these.");
        }
    }

    private static Command ReadUpdate(in FrameScan scan, bool inBatch)
    {
        var entity = scan.RequiredName(Property.Entity);
        var ifVersion = scan.Integer(Property.IfVersion);
        var (patch, increment, edit) = (scan.Has(Property.Patch), scan.Has(Property.Increment), scan.Has(Property.Edit));
        if ((patch ? 1 : 0) + (increment ? 1 : 0) + (edit ? 1 : 0) != 1)
            throw BadFrameException.Shape("An update has exactly one of 'patch', 'increment' and 'edit'.");
        if (edit)
        {
            if (inBatch)
                throw BadFrameException.Shape("An edit may not stand in a batch.");
            return ifVersion is null ? ReadEdit(scan, entity) : throw BadFrameException.Shape("An edit has no 'ifVersion': it fits any version.");
        }
        return patch
            ? new Command.Patch(entity, scan.RequiredFields(Property.Patch, named: true), ifVersion)
            : new Command.Increment(entity, ReadDeltas(scan), ifVersion);
    }

    private static Command.Edit ReadEdit(in FrameScan scan, string entity)
    {
        var edit = scan.Object(Property.Edit, out _);
        return new(entity, edit.RequiredName(Property.Field), edit.RequiredInteger(Property.Base), edit.RequiredDelta(mayBeEmpty: false));
    }

    private static ImmutableArray<FieldDelta> ReadDeltas(in FrameScan scan) =>
        TryDeltas(scan.RequiredFields(Property.Increment, named: true), out var deltas)
            ? deltas
            : throw FrameScan.Wrong(Property.Increment, "an object of at least one field, and of whole numbers");

    internal static bool TryDeltas(JsonFields fields, out ImmutableArray<FieldDelta> deltas)
    {
        var found = ImmutableArray.CreateBuilder<FieldDelta>(fields.Count);
        foreach (var field in fields)
        {
            if (!Names.IsName(field.Name) || field.Value.AsInteger() is not { } delta)
                break;
            found.Add(new(field.Name, delta));
        }
        deltas = found.DrainToImmutable();
        return deltas.Length > 0 && deltas.Length == fields.Count;
    }

    /// <summary>Writes what a client says.</summary>
    public static void Encode(Utf8Buffer output, ClientMessage message)
    {
        switch (message)
        {
            case ClientMessage.Submit m:
                WriteCommand(output, m.Command, m.Project, m.N, m.TraceParent);
                break;
            case ClientMessage.Connect m:
                WriteConnect(output, m);
                break;
            case ClientMessage.Join m:
                WriteJoin(output, m);
                break;
            case ClientMessage.Leave m:
                output.Request("leave"u8, m.Id, m.Project).Raw((byte)'}');
                break;
            case ClientMessage.Broadcast m:
                output.Raw("{\"type\":\"broadcast\",\"project\":"u8).String(m.Project).Raw(",\"topic\":"u8).String(m.Topic)
                    .OptionalText(",\"key\":"u8, m.Key).Raw(",\"data\":"u8).Raw(m.Data.Utf8).OptionalText(",\"to\":"u8, m.To).Raw((byte)'}');
                break;
            case ClientMessage.SetPresence m:
                output.Raw("{\"type\":\"presence\",\"project\":"u8).String(m.Project).Raw(",\"data\":"u8);
                m.Data.WriteTo(output);
                output.Raw((byte)'}');
                break;
            case ClientMessage.Ask m:
                WriteQuery(output, m);
                break;
            case ClientMessage.Validate m:
                output.Request("validate"u8, m.Id, m.Project).Raw(",\"command\":"u8);
                WriteCommand(output, m.Command, null, 0);
                output.Raw((byte)'}');
                break;
            case ClientMessage.History m:
                WriteHistory(output, m);
                break;
            case ClientMessage.At m:
                WriteAt(output, m);
                break;
            case ClientMessage.Diverged m:
                output.Raw("{\"type\":\"diverged\",\"project\":"u8).String(m.Project).Raw(",\"from\":"u8).Number(m.From).Raw(",\"to\":"u8).Number(m.To)
                    .Raw(",\"hash\":"u8).String(m.Hash.ToString()).Raw(",\"expected\":"u8).String(m.Expected.ToString()).Raw((byte)'}');
                break;
            case ClientMessage.Cancel m:
                output.Raw("{\"type\":\"cancel\",\"id\":"u8).String(m.Id).Raw((byte)'}');
                break;
            case ClientMessage.Ping m:
                output.Raw("{\"type\":\"ping\",\"t\":"u8).Raw(m.T.Utf8).Raw((byte)'}');
                break;
            case ClientMessage.Pong m:
                output.Raw("{\"type\":\"pong\",\"t\":"u8).Raw(m.T.Utf8).Raw((byte)'}');
                break;
        }
    }

    private static void WriteConnect(Utf8Buffer output, ClientMessage.Connect m)
    {
        output.Raw("{\"type\":\"connect\""u8).OptionalText(",\"token\":"u8, m.Token);
        if (m.UserName is not null)
            output.Raw(",\"user\":{\"name\":"u8).String(m.UserName).Raw((byte)'}');
        if (m.ClientName is not null)
            output.Raw(",\"client\":{\"name\":"u8).String(m.ClientName).OptionalText(",\"version\":"u8, m.ClientVersion).Raw((byte)'}');
        output.Raw((byte)'}');
    }

    private static void WriteJoin(Utf8Buffer output, ClientMessage.Join m)
    {
        output.Request("join"u8, m.Id, m.Project).Raw(",\"session\":"u8).String(m.Session);
        if (m.Since is { } since)
        {
            output.Raw(",\"since\":{\"epoch\":"u8).String(since.Epoch).Raw(",\"seq\":"u8).Number(since.Seq).Raw((byte)'}');
        }
        if (m.Pending.Length > 0)
            output.Raw(",\"pending\":"u8).List(m.Pending, static (o, n) => o.Number(n));
        if (!m.Listen)
            output.Raw(",\"listen\":false"u8);
        if (m.Presence is not null)
        {
            output.Raw(",\"presence\":"u8);
            m.Presence.WriteTo(output);
        }
        output.Raw((byte)'}');
    }

    private static void WriteQuery(Utf8Buffer output, ClientMessage.Ask m)
    {
        var query = m.Query;
        output.Request("query"u8, m.Id, m.Project).OptionalText(",\"kind\":"u8, query.Kind);
        if (query.Where.Count > 0)
        {
            output.Raw(",\"where\":"u8);
            query.Where.WriteTo(output);
        }
        if (query.Match.Length > 0)
        {
            var separator = (byte)'{';
            output.Raw(",\"match\":"u8);
            foreach (var (field, prefix) in query.Match)
            {
                output.Raw(separator).String(field).Raw((byte)':').String(prefix);
                separator = (byte)',';
            }
            output.Raw((byte)'}');
        }
        output.OptionalText(",\"sort\":"u8, query.Sort is null ? null : query.Descending ? "-" + query.Sort : query.Sort)
            .OptionalNumber(",\"limit\":"u8, query.Limit);
        if (query.After is { } after)
        {
            output.Raw(",\"after\":{\"entity\":"u8).String(after.Entity);
            if (after.Value is { } value)
                output.Raw(",\"value\":"u8).Raw(value.Utf8);
            output.Raw((byte)'}');
        }
        output.Raw((byte)'}');
    }

    private static void WriteCommand(Utf8Buffer output, Command command, string? project, long n, string? traceParent = null)
    {
        var word = command switch { Command.Create => "create"u8, Command.Delete => "delete"u8, Command.Batch => "batch"u8, _ => "update"u8 };
        output.Raw("{\"type\":\""u8).Raw(word).Raw((byte)'"');
        if (project is not null)
            output.Raw(",\"project\":"u8).String(project).Raw(",\"n\":"u8).Number(n);
        switch (command)
        {
            case Command.Create c:
                output.OptionalText(",\"entity\":"u8, c.Entity).Raw(",\"kind\":"u8).String(c.Kind).Raw(",\"data\":"u8);
                c.Data.WriteTo(output);
                break;
            case Command.Patch c:
                output.Raw(",\"entity\":"u8).String(c.Entity).Raw(",\"patch\":"u8);
                c.Fields.WriteTo(output);
                output.OptionalNumber(",\"ifVersion\":"u8, c.IfVersion);
                break;
            case Command.Increment c:
                output.Raw(",\"entity\":"u8).String(c.Entity).Raw(",\"increment\":"u8).Deltas(c.Deltas).OptionalNumber(",\"ifVersion\":"u8, c.IfVersion);
                break;
            case Command.Delete c:
                output.Raw(",\"entity\":"u8).String(c.Entity).OptionalNumber(",\"ifVersion\":"u8, c.IfVersion);
                break;
            case Command.Edit c:
                output.Raw(",\"entity\":"u8).String(c.Entity).Raw(",\"edit\":{\"field\":"u8).String(c.Field)
                    .Raw(",\"base\":"u8).Number(c.Base).Raw(",\"delta\":"u8);
                c.Delta.WriteTo(output);
                output.Raw((byte)'}');
                break;
            case Command.Batch c:
                output.Raw(",\"ops\":"u8).List(c.Ops, static (o, op) => WriteCommand(o, op, null, 0));
                break;
        }
        output.OptionalText(",\"traceparent\":"u8, traceParent).Raw((byte)'}');
    }
}
