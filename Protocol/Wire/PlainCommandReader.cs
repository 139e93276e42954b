using System.Text.Json;
using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// Reads a create, update or delete that stands as clients usually write it: no white space, its properties in the order of docs/wire.md, fields
/// that hold no objects or arrays. One pass finds, checks and keeps. Whatever differs, and whatever is to be refused, is left to the general reading,
/// which says the same of a command that both understand.
/// </summary>
internal static class PlainCommandReader
{
    /// <summary>Keys of a command besides those of its fields, at most.</summary>
    private const int Keys = 6;

    /// <summary>Levels of nesting of an edit: the message, the edit, its delta and the parts of that.</summary>
    private const int EditDepth = 4;

    public static ClientMessage.Submit? TryRead(ReadOnlySpan<byte> json, WireLimits limits)
    {
        if (!json.StartsWith("{\"type\":\""u8) || json.Length > limits.MessageBytes || limits.Depth < 2 || limits.ObjectKeys < Keys
            || !System.Text.Unicode.Utf8.IsValid(json))
        {
            return null;
        }
        try
        {
            var cursor = new PlainCursor(json, TextCache.OfThisThread);
            var fieldsMax = Math.Min(limits.ObjectKeys, limits.MessageKeys - Keys);
            return TryRead(ref cursor, fieldsMax, limits, out var submit) && cursor.Skip("}"u8) && cursor.IsAtEnd ? submit : null;
        }
        catch (Exception odd) when (odd is JsonException or InvalidOperationException or BadFrameException)
        {
            return null; // the general reading will find it too, and say what it is
        }
    }

    private static bool TryRead(ref PlainCursor cursor, int fieldsMax, WireLimits limits, out ClientMessage.Submit? submit)
    {
        submit = null;
        Command? command = null;
        if (cursor.Skip("{\"type\":\"update\""u8))
        {
            if (TryAddress(ref cursor, out var project, out var n) && TryUpdate(ref cursor, fieldsMax, limits, ref command))
                submit = new(project, n, command!);
        }
        else if (cursor.Skip("{\"type\":\"create\""u8))
        {
            if (TryAddress(ref cursor, out var project, out var n) && TryCreate(ref cursor, fieldsMax, ref command))
                submit = new(project, n, command!);
        }
        else if (cursor.Skip("{\"type\":\"delete\""u8))
        {
            if (TryAddress(ref cursor, out var project, out var n) && TryEntity(ref cursor, out var entity) && TryVersion(ref cursor, out var ifVersion))
                submit = new(project, n, new Command.Delete(entity, ifVersion));
        }
        return submit is not null;
    }

    private static bool TryAddress(ref PlainCursor cursor, out string project, out long n)
    {
        n = 0;
        project = "";
        return cursor.Skip(",\"project\":"u8) && cursor.TryText(out project) && Names.IsProjectId(project)
            && cursor.Skip(",\"n\":"u8) && cursor.TryInteger(1, out n);
    }

    private static bool TryUpdate(ref PlainCursor cursor, int fieldsMax, WireLimits limits, ref Command? command)
    {
        if (!TryEntity(ref cursor, out var entity))
            return false;
        if (cursor.Skip(",\"patch\":"u8))
        {
            if (cursor.TryFlatFields(fieldsMax, out var patch) && TryVersion(ref cursor, out var ifVersion))
                command = new Command.Patch(entity, patch, ifVersion);
        }
        else if (cursor.Skip(",\"increment\":"u8))
        {
            if (cursor.TryFlatFields(fieldsMax, out var fields) && WireCodec.TryDeltas(fields, out var deltas) && TryVersion(ref cursor, out var ifVersion))
                command = new Command.Increment(entity, deltas, ifVersion);
        }
        else if (cursor.Skip(",\"edit\":{\"field\":"u8))
        {
            if (limits.Depth >= EditDepth && cursor.TryName(out var field) && cursor.Skip(",\"base\":"u8) && cursor.TryInteger(0, out var from)
                && cursor.Skip(",\"delta\":"u8) && cursor.TryDelta(limits.EditSteps, mayBeEmpty: false, out var delta) && cursor.Skip("}"u8))
            {
                command = new Command.Edit(entity, field, from, delta);
            }
        }
        return command is not null;
    }

    private static bool TryCreate(ref PlainCursor cursor, int fieldsMax, ref Command? command)
    {
        string? entity = null;
        if (cursor.Skip(",\"entity\":"u8) && !cursor.TryName(out entity))
            return false;
        if (cursor.Skip(",\"kind\":"u8) && cursor.TryName(out var kind) && cursor.Skip(",\"data\":"u8) && cursor.TryFlatFields(fieldsMax, out var data))
            command = new Command.Create(entity, kind, data);
        return command is not null;
    }

    private static bool TryEntity(ref PlainCursor cursor, out string entity)
    {
        entity = "";
        return cursor.Skip(",\"entity\":"u8) && cursor.TryName(out entity);
    }

    private static bool TryVersion(ref PlainCursor cursor, out long? ifVersion)
    {
        ifVersion = null;
        if (!cursor.Skip(",\"ifVersion\":"u8))
            return true;
        var found = cursor.TryInteger(0, out var version);
        ifVersion = version;
        return found;
    }
}
