using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>Makes the command that brings back what was: history only grows.</summary>
internal static class Restoring
{
    /// <summary>The command that makes an entity what it was; null: there is nothing to do.</summary>
    public static Command? Command(string id, Entity? was, Entity? current)
    {
        if (was is null)
            return current is null ? null : new Command.Delete(id, null);
        var create = new Command.Create(id, was.Kind, Texts.Whole(was));
        if (current is null)
            return create;
        if (current.Kind != was.Kind)
            return new Command.Batch([new Command.Delete(id, null), create]);
        var patch = Difference(Texts.Whole(current), Texts.Whole(was));
        return patch.Count > 0 ? new Command.Patch(id, patch, null) : null;
    }

    /// <summary>The patch that leads from one object to another; null for what came later.</summary>
    /// <param name="isInner">A text is one only in a field of the entity itself.</param>
    private static JsonFields Difference(JsonFields from, JsonFields to, bool isInner = false)
    {
        var patch = JsonFields.Empty;
        foreach (var (name, _) in from)
        {
            if (to[name] is null)
                patch = patch.With(name, CanonicalValue.Null);
        }
        foreach (var (name, value) in to)
        {
            if (from[name] is { IsObject: true } old && value.IsObject && (isInner || (!Texts.IsMarker(old) && !Texts.IsMarker(value))))
            {
                var inner = Difference(JsonFields.Parse(old.Utf8), JsonFields.Parse(value.Utf8), isInner: true);
                if (inner.Count > 0)
                    patch = patch.With(name, inner.ToValue());
            }
            else if (from[name] != value)
            {
                patch = patch.With(name, value);
            }
        }
        return patch;
    }
}
