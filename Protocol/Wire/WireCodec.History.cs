namespace EventOnly.Protocol.Wire;

/// <summary>Questions about the past: where to read, which way, and which events; or at which moment.</summary>
public sealed partial class WireCodec
{
    private static ClientMessage ReadHistory(in FrameScan scan)
    {
        var (id, project) = (scan.RequiredName(Property.Id), scan.RequiredProject());
        var query = new HistoryQuery
        {
            From = scan.Integer(Property.From),
            To = scan.Integer(Property.To),
            Before = scan.Integer(Property.Before),
            Limit = (int?)(scan.Integer(Property.Last, 1, 1_000_000) ?? scan.Integer(Property.Limit, 1, 1_000_000)),
            Entity = scan.Name(Property.Entity),
            Field = scan.Name(Property.Field),
            By = scan.Text(Property.By),
        };
        var last = !scan.Slice(Property.Last).IsEmpty;
        var at = scan.Slice(Property.At);
        if ((query.From is null ? 0 : 1) + (query.Before is null ? 0 : 1) + (last ? 1 : 0) + (at.IsEmpty ? 0 : 1) != 1)
            throw BadFrameException.Shape("A history request has exactly one of 'from', 'before', 'last' and 'at'.");
        if (!at.IsEmpty && query != new HistoryQuery())
            throw BadFrameException.Shape("'at' asks for a moment: it has no range and no filter.");
        if (query.To is not null && query.From is null)
            throw BadFrameException.Shape("'to' needs 'from'.");
        if (last && !scan.Slice(Property.Limit).IsEmpty)
            throw BadFrameException.Shape("'last' is a limit already.");
        if (query.Field is not null && query.Entity is null)
            throw BadFrameException.Shape("'field' needs 'entity'.");
        if (query.By is not null && !Names.IsUserName(query.By))
            throw FrameScan.Wrong(Property.By, "a user's name");
        if (at.IsEmpty)
            return new ClientMessage.History(id, project, query);
        return at[0] == '"'
            ? new ClientMessage.At(id, project, null, ReadMoment(scan, Property.At))
            : new ClientMessage.At(id, project, scan.RequiredInteger(Property.At), null);
    }

    private static void WriteHistory(Utf8Buffer output, ClientMessage.History m)
    {
        var query = m.Query;
        output.Request("history"u8, m.Id, m.Project);
        if (query.From is null && query.Before is null)
            output.Raw(",\"last\":"u8).Number(query.Limit ?? HistoryQuery.LimitDefault);
        else
            output.OptionalNumber(",\"from\":"u8, query.From).OptionalNumber(",\"to\":"u8, query.To)
                .OptionalNumber(",\"before\":"u8, query.Before).OptionalNumber(",\"limit\":"u8, query.Limit);
        output.OptionalText(",\"entity\":"u8, query.Entity).OptionalText(",\"field\":"u8, query.Field).OptionalText(",\"by\":"u8, query.By).Raw((byte)'}');
    }

    private static void WriteAt(Utf8Buffer output, ClientMessage.At m)
    {
        output.Request("history"u8, m.Id, m.Project).Raw(",\"at\":"u8);
        if (m.TimeMs is { } time)
            output.Moment(time);
        else
            output.Number(m.Seq ?? 0);
        output.Raw((byte)'}');
    }
}
