using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>Which events of a history are wanted. Pure.</summary>
internal sealed class EventFilter
{
    private readonly HistoryQuery _query;
    private readonly byte[] _entityMark;
    private readonly byte[] _byMark;

    private EventFilter(HistoryQuery query)
    {
        _query = query;
        _entityMark = query.Entity is { } entity ? Mark("\"entity\":"u8, entity) : [];
        _byMark = query.By is { } by ? Mark("\"by\":"u8, by) : [];
    }

    /// <summary>Null where all are wanted.</summary>
    public static EventFilter? Of(HistoryQuery query) => query.Entity is null && query.By is null ? null : new(query);

    /// <summary>
    /// Whether it is worth reading: false only where <see cref="Matches"/> would say no. It takes a hundredth of the time, for what an event is
    /// about stands in its bytes as the codec writes it; data may hold the same bytes, so a yes is none yet.
    /// </summary>
    public bool MayMatch(ReadOnlySpan<byte> json) => json.IndexOf(_byMark) >= 0 && json.IndexOf(_entityMark) >= 0;

    /// <summary>A batch matches where one of its changes does.</summary>
    public bool Matches(ProjectEvent happened)
    {
        if (_query.By is not null && happened.By != _query.By)
            return false;
        if (_query.Entity is null)
            return true;
        foreach (var change in happened.Changes)
        {
            if (change.Entity == _query.Entity && (_query.Field is null || Touches(change, _query.Field)))
                return true;
        }
        return false;
    }

    private static bool Touches(Change change, string field)
    {
        switch (change)
        {
            case Change.Created created:
                return created.Data[field] is not null;
            case Change.Patched patched:
                return patched.Patch[field] is not null; // to null, too, which removes it
            case Change.Incremented incremented:
                foreach (var delta in incremented.Deltas)
                {
                    if (delta.Field == field)
                        return true;
                }
                return false;
            case Change.Edited edited:
                return edited.Field == field;
            default:
                return true; // with the entity all its fields end
        }
    }

    private static byte[] Mark(ReadOnlySpan<byte> key, string value) => new Utf8Buffer().Raw(key).String(value).Written.ToArray();
}
