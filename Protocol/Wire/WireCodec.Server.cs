using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>What the server says: writing.</summary>
public sealed partial class WireCodec
{
    /// <summary>Writes what the server says.</summary>
    public static void Encode(Utf8Buffer output, ServerMessage message)
    {
        switch (message)
        {
            case ServerMessage.Happened m:
                Encode(output, m.Project, m.Event);
                break;
            case ServerMessage.Connected m:
                output.Raw("{\"type\":\"connected\",\"connection\":"u8).String(m.Connection)
                    .Raw(",\"user\":{\"name\":"u8).String(m.UserName)
                    .Raw("},\"pingInterval\":"u8).Number(m.PingIntervalMs).Raw(",\"pingTimeout\":"u8).Number(m.PingTimeoutMs);
                WriteLimits(output, m.Limits);
                output.Raw(",\"time\":"u8).Moment(m.TimeMs).Raw((byte)'}');
                break;
            case ServerMessage.Joined m:
                WriteJoined(output, m);
                break;
            case ServerMessage.Snapshot m:
                WriteSnapshot(output, m);
                break;
            case ServerMessage.State m:
                output.Raw("{\"type\":\"state\",\"project\":"u8).String(m.Project).Raw(",\"seq\":"u8).Number(m.Seq)
                    .Raw(",\"hash\":"u8).String(m.Hash.ToString()).Raw((byte)'}');
                break;
            case ServerMessage.Reject m:
                output.Raw("{\"type\":\"reject\",\"project\":"u8).String(m.Project).Raw(",\"n\":"u8).Number(m.N);
                WriteRefusal(output, m.Refusal, m.RetryAfterMs);
                break;
            case ServerMessage.Ack m:
                output.Raw("{\"type\":\"ack\",\"project\":"u8).String(m.Project).Raw(",\"n\":"u8).Number(m.N).Raw(",\"seq\":"u8).Number(m.Seq)
                    .Raw(m.Duplicate ? ",\"duplicate\":true}"u8 : "}"u8);
                break;
            case ServerMessage.Error m:
                output.Raw("{\"type\":\"error\""u8).OptionalText(",\"id\":"u8, m.Id);
                WriteRefusal(output, new(m.Code, m.Message, m.Detail), m.RetryAfterMs);
                break;
            case ServerMessage.Done m:
                output.Result(m.Id).Raw((byte)'}');
                break;
            case ServerMessage.QueryResult m:
                output.Result(m.Id).Raw(",\"seq\":"u8).Number(m.Seq).Raw(",\"items\":"u8).List(m.Items, static (o, item) => o.EntityObject(item))
                    .Raw(",\"more\":"u8).Boolean(m.More).Raw((byte)'}');
                break;
            case ServerMessage.HistoryResult m:
                output.Result(m.Id).Raw(",\"events\":"u8).List(m.Events, static (o, line) => o.Raw(line.Span))
                    .Raw(",\"floor\":"u8).Number(m.Floor).Raw(",\"more\":"u8).Boolean(m.More)
                    .OptionalNumber(",\"next\":"u8, m.Next).Raw((byte)'}');
                break;
            case ServerMessage.Verdict m:
                WriteVerdict(output, m);
                break;
            case ServerMessage.Broadcast m:
                output.Raw("{\"type\":\"broadcast\",\"project\":"u8).String(m.Project).Raw(",\"topic\":"u8).String(m.Topic)
                    .OptionalText(",\"key\":"u8, m.Key).Raw(",\"data\":"u8).Raw(m.Data.Utf8).Raw(",\"by\":"u8).String(m.By).Raw(",\"session\":"u8).String(m.Session).Raw((byte)'}');
                break;
            case ServerMessage.Presence m:
                WritePresence(output, m);
                break;
            case ServerMessage.Ping m:
                output.Raw("{\"type\":\"ping\",\"t\":"u8).Raw(m.T.Utf8).Raw((byte)'}');
                break;
            case ServerMessage.Pong m:
                output.Raw("{\"type\":\"pong\",\"t\":"u8).Raw(m.T.Utf8).Raw(",\"time\":"u8).Moment(m.TimeMs).Raw((byte)'}');
                break;
            case ServerMessage.Disconnect m:
                output.Raw("{\"type\":\"disconnect\",\"code\":"u8).String(m.Code).Raw(",\"reason\":"u8).String(m.Reason)
                    .Raw(",\"reconnect\":"u8).Boolean(m.Reconnect).OptionalNumber(",\"retryAfterMs\":"u8, m.RetryAfterMs).Raw((byte)'}');
                break;
        }
    }

    /// <summary>Writes a message as a complete frame.</summary>
    public static void EncodeFrame(Utf8Buffer output, ServerMessage message)
    {
        var start = output.Length;
        Encode(output, message);
        FrameHeader.Frame(output, start);
    }

    private static void WriteLimits(Utf8Buffer output, AnnouncedLimits limits) =>
        output.Raw(",\"limits\":{\"messageBytes\":"u8).Number(limits.MessageBytes).Raw(",\"depth\":"u8).Number(limits.Depth)
            .Raw(",\"objectKeys\":"u8).Number(limits.ObjectKeys).Raw(",\"messageKeys\":"u8).Number(limits.MessageKeys)
            .Raw(",\"inFlight\":"u8).Number(limits.InFlight).Raw(",\"batchOps\":"u8).Number(limits.BatchOps)
            .Raw(",\"queriesInFlight\":"u8).Number(limits.QueriesInFlight).Raw(",\"queryItems\":"u8).Number(limits.QueryItems)
            .Raw(",\"historyEvents\":"u8).Number(limits.HistoryEvents).Raw(",\"projects\":"u8).Number(limits.Projects).Raw(",\"textUnits\":"u8).Number(limits.TextUnits).Raw((byte)'}');

    private static void WriteJoined(Utf8Buffer output, ServerMessage.Joined m)
    {
        output.Request("joined"u8, m.Id, m.Project).Raw(",\"session\":"u8).String(m.Session)
            .Raw(",\"epoch\":"u8).String(m.Head.Epoch).Raw(",\"seq\":"u8).Number(m.Head.Seq).Raw(",\"floor\":"u8).Number(m.Floor)
            .Raw(",\"recovered\":"u8).Boolean(m.Recovered)
            .Raw(",\"outcomes\":"u8).List(m.Outcomes, static (o, outcome) =>
                o.Raw("{\"n\":"u8).Number(outcome.N).Raw(",\"outcome\":\""u8).Raw(FateWord(outcome.Fate)).Raw("\"}"u8))
            .Raw(",\"role\":"u8).String(m.Role)
            .Raw(",\"members\":"u8).List(m.Members, static (o, member) => o.Present(member))
            .Raw(",\"memberCount\":"u8).Number(m.MemberCount).Raw((byte)'}');
    }

    private static ReadOnlySpan<byte> FateWord(Fate fate) => fate switch
    {
        Fate.Done => "done"u8,
        Fate.Coming => "coming"u8,
        _ => "unknown"u8,
    };

    private static void WriteSnapshot(Utf8Buffer output, ServerMessage.Snapshot m)
    {
        output.Raw("{\"type\":\"snapshot\""u8).OptionalText(",\"id\":"u8, m.Id).Raw(",\"project\":"u8).String(m.Project)
            .Raw(",\"seq\":"u8).Number(m.Seq).Raw(",\"part\":"u8).Number(m.Part).Raw(",\"parts\":"u8).Number(m.Parts)
            .Raw(",\"entities\":"u8).List(m.Entities, static (o, entity) => o.EntityObject(entity))
            .OptionalText(",\"hash\":"u8, m.Hash?.ToString()).Raw((byte)'}');
    }

    /// <summary>The common end of reject and error.</summary>
    private static void WriteRefusal(Utf8Buffer output, Refusal refusal, int? retryAfterMs)
    {
        output.Raw(",\"code\":"u8).String(refusal.Code.Word()).OptionalText(",\"detail\":"u8, refusal.Detail)
            .Raw(",\"message\":"u8).String(refusal.Message).Raw(",\"retryable\":"u8).Boolean(refusal.Code.IsRetryable())
            .OptionalNumber(",\"retryAfterMs\":"u8, retryAfterMs).OptionalNumber(",\"op\":"u8, refusal.Op);
        WriteFieldErrors(output, refusal.Errors);
        if (refusal.Current is { } current)
        {
            output.Raw(",\"current\":"u8);
            output.EntityObject(current);
        }
        output.Raw((byte)'}');
    }

    private static void WriteVerdict(Utf8Buffer output, ServerMessage.Verdict m)
    {
        output.Raw("{\"type\":\"verdict\",\"id\":"u8).String(m.Id).Raw(",\"ok\":"u8).Boolean(m.Refusal is null);
        if (m.Refusal is { } refusal)
        {
            output.Raw(",\"code\":"u8).String(refusal.Code.Word()).Raw(",\"message\":"u8).String(refusal.Message);
            WriteFieldErrors(output, refusal.Errors);
        }
        output.Raw((byte)'}');
    }

    private static void WriteFieldErrors(Utf8Buffer output, ImmutableSortedDictionary<string, string>? errors)
    {
        if (errors is null)
            return;
        var separator = (byte)'{';
        output.Raw(",\"errors\":"u8);
        foreach (var (field, message) in errors)
        {
            output.Raw(separator).String(field).Raw(":["u8).String(message).Raw((byte)']');
            separator = (byte)',';
        }
        output.Raw((byte)'}');
    }

    private static void WritePresence(Utf8Buffer output, ServerMessage.Presence m)
    {
        output.Raw("{\"type\":\"presence\",\"project\":"u8).String(m.Project);
        if (m.Whole is { } whole)
            output.Raw(",\"members\":"u8).List(whole, static (o, member) => o.Present(member));
        if (m.Arrived.Length > 0)
            output.Raw(",\"joined\":"u8).List(m.Arrived, static (o, member) => o.Present(member));
        if (m.Left.Length > 0)
            output.Raw(",\"left\":"u8).List(m.Left, static (o, session) => o.String(session));
        if (m.Changed.Length > 0)
        {
            output.Raw(",\"changed\":"u8).List(m.Changed, static (o, change) =>
            {
                o.Raw("{\"session\":"u8).String(change.Session).Raw(",\"data\":"u8);
                change.Data.WriteTo(o);
                o.Raw((byte)'}');
            });
        }
        output.Raw((byte)'}');
    }
}
