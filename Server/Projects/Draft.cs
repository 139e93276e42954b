using System.Diagnostics;
using System.Runtime.InteropServices;
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
/// A decided batch that is not yet recorded: its events as complete frames, and the answer to each submission. Its
/// buffers are kept from batch to batch.
/// </summary>
internal sealed class Draft
{
    private readonly Utf8Buffer _bytes = new(4096, keptBytes: 64 * 1024);
    private readonly List<int> _starts = []; // of the frames, back to back
    private readonly List<Range> _jsons = [];
    private readonly List<EventHead> _events = [];
    private readonly List<JournalEntry> _entries = [];

    private StateBuilder? _building;

    /// <summary>The state as far as it has been decided, while the deciding goes on.</summary>
    public StateBuilder Building => _building ?? throw new System.Diagnostics.UnreachableException("Nothing is being decided.");

    /// <summary>The changes of the command that is being decided.</summary>
    public List<Change> Changes { get; } = [];

    /// <summary>The accepted events, without their changes.</summary>
    public ReadOnlySpan<EventHead> Events => CollectionsMarshal.AsSpan(_events);

    /// <summary>Changes of entities that it made. Valid once it is sealed.</summary>
    public int Steps { get; private set; }

    /// <summary>The head the journal must stand at for this draft to hold.</summary>
    public long ExpectedHead { get; private set; }

    /// <summary>The accepted events as the journal takes them. Valid until the next <see cref="Start"/>.</summary>
    public IReadOnlyList<JournalEntry> Entries => _entries;

    /// <summary>One for each submission, in order.</summary>
    public List<Answer> Answers { get; } = [];

    public void Start(StateBuilder building)
    {
        Clear();
        (_building, ExpectedHead) = (building, building.Seq);
    }

    /// <summary>Lets go of what it holds but its buffers.</summary>
    public void Clear()
    {
        (_building, Steps) = (null, 0);
        _bytes.Clear();
        _starts.Clear();
        _jsons.Clear();
        _events.Clear();
        Changes.Clear();
        _entries.Clear();
        Answers.Clear();
    }

    /// <summary>Takes the event of <see cref="Changes"/>, which have been made in what is being built.</summary>
    public void Accept(string project, in EventHead happened, bool isBatch)
    {
        Building.Settle(happened.Seq, happened.AtMs, happened.Session, happened.N);
        _events.Add(happened);
        var frame = _bytes.Length;
        WireCodec.Encode(_bytes, project, happened, isBatch, CollectionsMarshal.AsSpan(Changes));
        var length = _bytes.Length - frame;
        FrameHeader.Frame(_bytes, frame);
        _starts.Add(frame);
        _jsons.Add((_bytes.Length - length).._bytes.Length);
        Answers.Add(new(Verdict.Accepted, happened.Seq, null));
    }

    public void Refuse(Refusal refusal) => Answers.Add(new(Verdict.Refused, 0, refusal));

    public void Repeat() => Answers.Add(new(Verdict.Duplicate, 0, null));

    /// <summary>Ends the deciding: only now do the bytes stand still.</summary>
    /// <param name="steps">Changes of entities that it made.</param>
    public void Seal(int steps)
    {
        (_building, Steps) = (null, steps); // it shall not keep a state alive that nobody else does any more
        Changes.Clear();
        for (var i = 0; i < _jsons.Count; i++)
            _entries.Add(new(ExpectedHead + 1 + i, _bytes.WrittenMemory[_jsons[i]]));
    }

    public void PublishTo(Tape tape)
    {
        if (_starts.Count > 0)
            tape.Publish(_bytes.Written, CollectionsMarshal.AsSpan(_starts));
    }
}
