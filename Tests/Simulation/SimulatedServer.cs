using System.Runtime.InteropServices;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Connections;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;

namespace EventOnly.Tests.Simulation;

/// <summary>
/// The server's core without its shells: the real <see cref="Project"/>, tapes, members and outboxes over a journal that is a list. It can die
/// at any moment, and comes back from that list.
/// </summary>
/// <param name="textWindow">Edits of a text that it keeps, so that older ones are to be rebased by their authors.</param>
/// <param name="kept">Events that it never forgets.</param>
internal sealed class SimulatedServer(Random random, int textWindow = 4096, int kept = 1)
{
    private readonly ProjectOptions _options = OptionsOf(textWindow);

    private readonly List<JournalEntry> _journal = [];
    private readonly Queue<(Draft Draft, List<Submission> Submissions)> _underWay = new();
    private List<Submission> _submissions = [];
    private readonly WireCodec _codec = new(WireLimits.Default);
    private Project _project = new("sim", new("epoch-1", 0, 0), OptionsOf(textWindow));
    private long _nowMs = 1_763_712_000_000;
    private int _epoch = 1;
    private int _turns;

    /// <summary>What follows from the journal alone.</summary>
    public ProjectState Replayed
    {
        get
        {
            var project = new Project("sim", new($"epoch-{_epoch}", _journal.Count, 0), _options);
            foreach (var entry in _journal)
                project.CatchUp(entry);
            project.EndCatchUp();
            return project.State;
        }
    }

    public ProjectState State => _project.State;

    /// <summary>What a client of this server learns of what is recorded: each event as the journal has it.</summary>
    public IEnumerable<string> Journal => _journal.Select(entry => System.Text.Encoding.UTF8.GetString(entry.Json.Span));

    /// <summary>Whether events that were told are lost.</summary>
    public bool HasForgotten { get; private set; }

    /// <summary>How often a draft was undone with another that had been decided on it.</summary>
    public int UndoneTogether { get; private set; }

    private static ProjectOptions OptionsOf(int textWindow) => new() { TapeBytesMax = 6_000, WhisperBytesMax = 1_000, CheckEvents = 3, TextWindowEditsMax = textWindow };

    /// <summary>One client's line as the server sees it.</summary>
    internal sealed class Port : IPeer
    {
        public Mailbox Mailbox { get; } = new(1_000_000);
        public Outbox Outbox { get; }
        public Member? Member { get; set; }
        public bool IsEnded { get; set; }

        public Port() => Outbox = new(Mailbox);

        void IPeer.Wake()
        {
        }

        void IPeer.End(CloseCode code) => IsEnded = true;
    }

    /// <summary>Hears one message, as a project's loop would in its turn; commands wait for <see cref="Turn"/>.</summary>
    public void Hear(Port port, ReadOnlySpan<byte> frame)
    {
        _codec.TryDecode(frame, out ClientMessage? message, out var fault).Should().BeTrue(fault?.Message);
        switch (message)
        {
            case ClientMessage.Join join:
                var member = new Member("sim", port);
                port.Member = member;
                port.Outbox.Add(member);
                _project.Join(member, SessionId.Of("", join.Session), join, out var replaced).Should().BeTrue();
                replaced?.End(CloseCode.Replaced);
                _project.UnmadeSnapshots.ForEach(snapshot => snapshot.Make());
                _project.UnmadeSnapshots.Clear();
                break;
            case ClientMessage.Leave:
                Leave(port);
                break;
            case ClientMessage.Submit submit:
                _submissions.Add(new(port.Member!, submit.N, submit.Command));
                break;
        }
    }

    /// <summary>
    /// Decides what waits, sometimes in several drafts upon each other, and records them; now and then the journal has no room for one, which undoes
    /// those behind it too, or the server dies before it has told anybody.
    /// </summary>
    /// <returns>False where it died: everything but the journal is gone.</returns>
    public bool Turn()
    {
        _nowMs += random.Next(-50, 200); // clocks go back as well
        Decide();
        while (_underWay.TryPeek(out var oldest))
        {
            var (draft, submissions) = oldest;
            if (draft.Entries.Count > 0 && random.Next(40) == 0)
            {
                GiveUp();
                break;
            }
            draft.ExpectedHead.Should().Be(_journal.Count);
            _journal.AddRange(draft.Entries.Select(entry => new JournalEntry(entry.Seq, entry.Json.ToArray())));
            if (random.Next(400) == 0)
            {
                Die();
                return false;
            }
            _project.Commit(draft, CollectionsMarshal.AsSpan(submissions));
            _underWay.Dequeue();
        }
        _project.Now = TimeSpan.FromSeconds(++_turns);
        _project.TellState();
        _project.TellPresence();
        _project.Touched.Clear();
        return true;
    }

    private void Decide()
    {
        var first = _submissions.Count == 0 ? 0 : random.Next(_submissions.Count + 1);
        foreach (var part in (List<Submission>[])[_submissions[..first], _submissions[first..]])
        {
            var draft = new Draft();
            _project.DecideNext(CollectionsMarshal.AsSpan(part), _nowMs, draft);
            _underWay.Enqueue((draft, part));
        }
        _submissions = [];
    }

    private void GiveUp()
    {
        _project.Forget();
        UndoneTogether += _underWay.Count(turn => turn.Draft.Entries.Count > 0) > 1 ? 1 : 0;
        while (_underWay.TryDequeue(out var turn))
            _project.GiveUp(CollectionsMarshal.AsSpan(turn.Submissions), retryAfterMs: 1 + random.Next(100));
    }

    /// <summary>Forgets everything but the journal, and opens from it.</summary>
    /// <param name="lost">How many of its newest events are gone as well; what was told and is no more makes it another journal.</param>
    public void Die(int lost = 0)
    {
        _submissions.Clear();
        _underWay.Clear();
        lost = Math.Min(lost, _journal.Count - kept); // the ballot stays
        if (lost > 0)
        {
            _journal.RemoveRange(_journal.Count - lost, lost);
            _epoch++;
            HasForgotten = true;
        }
        _project = new("sim", new($"epoch-{_epoch}", _journal.Count, 0), _options);
        foreach (var entry in _journal)
            _project.CatchUp(entry);
        _project.EndCatchUp();
    }

    public void Leave(Port port)
    {
        if (port.Member is { IsInside: true } member)
            _project.Leave(member);
    }
}
