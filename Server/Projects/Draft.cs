using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>A member's command, undecided.</summary>
internal readonly record struct Submission(Member From, long N, Command Command)
{
    /// <summary>When it was heard, as a timestamp of the clock; 0 where nobody noted it.</summary>
    public long HeardAt { get; init; }

    /// <summary>What tells of it where it belongs to a trace.</summary>
    public Activity? Span { get; init; }
}

/// <summary>What a submission came to, besides an event.</summary>
internal enum Verdict { Accepted, Duplicate, Refused }

/// <summary>What became of one submission.</summary>
internal readonly record struct Answer(Verdict Verdict, long Seq, Refusal? Refusal);

/// <summary>
/// A decided batch that is not yet recorded: the state it would lead to, its events as complete frames, and the answer to each submission. Its
/// buffers are kept from batch to batch.
/// </summary>
internal sealed class Draft
{
    private readonly Utf8Buffer _bytes = new(4096, keptBytes: 64 * 1024);
    private readonly List<(int Frame, int Json, int End)> _places = [];
    private readonly List<JournalEntry> _entries = [];

    /// <summary>The state as far as it has been decided, while the deciding goes on.</summary>
    public StateBuilder Building { get; } = new(ProjectState.Empty);

    /// <summary>What it would lead to. Valid once it is sealed.</summary>
    public ProjectState State { get; private set; } = ProjectState.Empty;

    /// <summary>The head the journal must stand at for this draft to hold.</summary>
    public long ExpectedHead { get; private set; }

    /// <summary>The accepted events as the journal takes them. Valid until the next <see cref="Start"/>.</summary>
    public IReadOnlyList<JournalEntry> Entries => _entries;

    /// <summary>One for each submission, in order.</summary>
    public List<Answer> Answers { get; } = [];

    public void Start(ProjectState state)
    {
        (State, ExpectedHead) = (state, state.Seq);
        Building.Restart(state);
        _bytes.Clear();
        _places.Clear();
        _entries.Clear();
        Answers.Clear();
    }

    /// <param name="happened">An event whose changes have been made in what is being built.</param>
    public void Accept(string project, ProjectEvent happened)
    {
        Building.Settle(happened.Seq, happened.AtMs, happened.Session, happened.N);
        var frame = _bytes.Length;
        WireCodec.Encode(_bytes, project, happened);
        var length = _bytes.Length - frame;
        FrameHeader.Frame(_bytes, frame);
        _places.Add((frame, _bytes.Length - length, _bytes.Length));
        Answers.Add(new(Verdict.Accepted, happened.Seq, null));
    }

    public void Refuse(Refusal refusal) => Answers.Add(new(Verdict.Refused, 0, refusal));

    public void Repeat() => Answers.Add(new(Verdict.Duplicate, 0, null));

    /// <summary>Ends the deciding: only now do the bytes stand still.</summary>
    public void Seal()
    {
        if (_places.Count > 0)
            State = Building.ToState();
        Building.Restart(ProjectState.Empty); // it shall not keep a state alive that nobody else does any more
        for (var i = 0; i < _places.Count; i++)
            _entries.Add(new(ExpectedHead + 1 + i, _bytes.WrittenMemory[_places[i].Json.._places[i].End]));
    }

    public void PublishTo(Tape tape)
    {
        foreach (var (frame, _, end) in _places)
            tape.Publish(_bytes.Written[frame..end]);
    }
}
