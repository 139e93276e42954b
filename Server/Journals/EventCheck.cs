using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Journals;

/// <summary>Looks at lines whose checksums are good: is each the event that belongs at its place? Folds them where that is wanted.</summary>
internal sealed class EventCheck(string project, bool folds)
{
    private readonly WireCodec _codec = new(WireLimits.Trusted);

    /// <summary>The fold so far; null where it is not wanted.</summary>
    public ProjectState? State { get; private set; } = folds ? ProjectState.Empty : null;

    /// <summary>Gives up folding: the events do not go back to the first.</summary>
    public void BeginInTheMiddle() => State = null;

    /// <summary>What is wrong with an event; null where nothing is.</summary>
    public string? Refuse(ReadOnlySpan<byte> line, long seq)
    {
        if (!_codec.TryDecode(line, out ServerMessage? message, out var fault))
            return $"its checksum is right, but it is no event: {fault!.Message}";
        if (message is not ServerMessage.Happened happened)
            return "its checksum is right, but it is no event";
        if (happened.Project != project)
            return $"it is an event of project '{happened.Project}'";
        if (happened.Event.Seq != seq)
            return $"it is the event of seq {happened.Event.Seq}";
        if (State is not null)
            State = Fold.Apply(State, happened.Event);
        return null;
    }
}
