using System.Text;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Journals;

/// <summary>Looks at lines whose checksums are good: is each the event that belongs at its place? Where that is wanted it reads and folds them as a server does.</summary>
internal sealed class EventCheck(string project, bool folds)
{
    private readonly byte[] _project = Encoding.UTF8.GetBytes(project);
    private readonly WireCodec _codec = new(WireLimits.Trusted);

    /// <summary>The fold so far; null where it is not wanted.</summary>
    public ProjectState? State { get; private set; } = folds ? ProjectState.Empty : null;

    /// <summary>Gives up folding: the events do not go back to the first.</summary>
    public void BeginInTheMiddle() => State = null;

    /// <summary>What is wrong with an event; null where nothing is.</summary>
    public string? Refuse(ReadOnlySpan<byte> line, long seq)
    {
        if (EventShape.Refuse(line, _project, seq) is { } wrong)
            return wrong;
        if (!folds)
            return null;
        if (_codec.TryDecodeEvent(line) is not { } happened)
            return "its checksum is right, but it cannot be read as an event";
        if (State is not null)
            State = Fold.Apply(State, happened);
        return null;
    }
}
