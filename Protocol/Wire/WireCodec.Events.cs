using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>Events: on the wire, in the journal and in a script they are the same object.</summary>
public sealed partial class WireCodec
{
    /// <summary>Writes an event as it stands in the journal and on the wire.</summary>
    public static void Encode(Utf8Buffer output, string project, ProjectEvent happened) => Encode(
        output, project, new(happened.Seq, happened.AtMs, happened.By, happened.Session, happened.N), happened.IsBatch, happened.Changes.AsSpan());

    /// <summary>The same of an event that nobody needs as an object.</summary>
    internal static void Encode(Utf8Buffer output, string project, in EventHead head, bool isBatch, ReadOnlySpan<Change> changes)
    {
        output.Raw("{\"type\":\""u8).Raw(isBatch ? "batch"u8 : TypeOf(changes[0]))
            .Raw("\",\"project\":"u8).String(project)
            .Raw(",\"seq\":"u8).Number(head.Seq)
            .Raw(",\"at\":"u8).Moment(head.AtMs)
            .Raw(",\"by\":"u8).String(head.By)
            .Raw(",\"session\":"u8).String(head.Session)
            .Raw(",\"n\":"u8).Number(head.N);
        if (isBatch)
            WriteOps(output, changes);
        else
            WriteChange(output, changes[0]);
        output.Raw((byte)'}');
    }

    private static void WriteOps(Utf8Buffer output, ReadOnlySpan<Change> changes)
    {
        output.Raw(",\"ops\":["u8);
        for (var i = 0; i < changes.Length; i++)
        {
            if (i > 0)
                output.Raw((byte)',');
            output.Raw("{\"type\":\""u8).Raw(TypeOf(changes[i])).Raw((byte)'"');
            WriteChange(output, changes[i]);
            output.Raw((byte)'}');
        }
        output.Raw((byte)']');
    }

    /// <summary>Reads an event back from a journal line; null where the line is none.</summary>
    public ProjectEvent? TryDecodeEvent(ReadOnlySpan<byte> line) =>
        TryDecode(line, out ServerMessage? message, out _) && message is ServerMessage.Happened { Event: var happened } ? happened : null;

    private static ReadOnlySpan<byte> TypeOf(Change change) => change switch
    {
        Change.Created => "create"u8,
        Change.Deleted => "delete"u8,
        _ => "update"u8,
    };

    private static void WriteChange(Utf8Buffer output, Change change)
    {
        output.Raw(",\"entity\":"u8).String(change.Entity);
        switch (change)
        {
            case Change.Created c:
                output.Raw(",\"kind\":"u8).String(c.Kind).Raw(",\"version\":"u8).Number(c.Version).Raw(",\"data\":"u8);
                c.Data.WriteTo(output);
                break;
            case Change.Patched c:
                output.Raw(",\"version\":"u8).Number(c.Version).Raw(",\"patch\":"u8);
                c.Patch.WriteTo(output);
                break;
            case Change.Incremented c:
                output.Raw(",\"version\":"u8).Number(c.Version).Raw(",\"increment\":"u8).Deltas(c.Deltas);
                break;
            case Change.Edited c:
                output.Raw(",\"version\":"u8).Number(c.Version).Raw(",\"edit\":{\"field\":"u8).String(c.Field).Raw(",\"delta\":"u8);
                c.Delta.WriteTo(output);
                output.Raw(",\"len\":"u8).Number(c.Length).Raw((byte)'}');
                break;
        }
    }

    private static ServerMessage.Happened ReadEvent(in FrameScan scan, string type)
    {
        var isBatch = type == "batch";
        var changes = ImmutableArray.CreateBuilder<Change>(1);
        if (isBatch)
        {
            foreach (var element in scan.Elements(Property.Ops))
            {
                var op = scan.Inner(scan.At(element));
                changes.Add(ReadChange(op, op.RequiredText(Property.Type)));
            }
        }
        else if (type is "create" or "update" or "delete")
        {
            changes.Add(ReadChange(scan, type));
        }
        return new(scan.RequiredProject(), new(
            scan.RequiredInteger(Property.Seq, 1), ReadMoment(scan, Property.At), scan.RequiredText(Property.By), scan.RequiredText(Property.Session),
            scan.RequiredInteger(Property.N, 1), IsBatch: isBatch || changes.Count == 0, changes.DrainToImmutable()));
    }

    private static Change ReadChange(in FrameScan scan, string type)
    {
        var entity = scan.RequiredText(Property.Entity);
        if (type == "delete")
            return new Change.Deleted(entity);
        var version = scan.RequiredInteger(Property.Version);
        if (type == "create")
            return new Change.Created(entity, scan.RequiredText(Property.Kind), version, scan.RequiredFields(Property.Data, named: false));
        if (scan.Has(Property.Edit))
        {
            var edit = scan.Object(Property.Edit, out _);
            return new Change.Edited(
                entity, version, edit.RequiredText(Property.Field), edit.RequiredDelta(mayBeEmpty: true), (int)edit.RequiredInteger(Property.Len, max: int.MaxValue));
        }
        return scan.Has(Property.Increment)
            ? new Change.Incremented(entity, version, ReadDeltas(scan))
            : new Change.Patched(entity, version, scan.RequiredFields(Property.Patch, named: false));
    }

    private static long ReadMoment(in FrameScan scan, Property property) =>
        Time.TryParse(System.Text.Encoding.UTF8.GetBytes(scan.RequiredText(property)), out var ms) ? ms : throw FrameScan.Wrong(property, "a moment in RFC 3339");
}
