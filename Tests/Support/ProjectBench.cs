using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;

namespace EventOnly.Tests.Support;

/// <summary>A <see cref="Project"/> driven by hand: every submission is a turn of its own unless said otherwise.</summary>
internal sealed class ProjectBench(ProjectOptions options)
{
    private readonly Dictionary<string, Guest> _guests = [];
    private readonly Draft _draft = new();

    public Project Project { get; } = new(Given.ProjectId, new JournalHead(Given.Epoch, 0, 0), options);

    /// <summary>What the clock shows, in milliseconds.</summary>
    public long NowMs { get; set; } = 1_763_712_000_000;

    /// <summary>Whether large snapshots are made at once, as a driver would beside the project.</summary>
    public bool MakesSnapshots { get; set; } = true;

    /// <summary>How many it made.</summary>
    public int SnapshotsMade { get; private set; }

    public Guest this[string name] => _guests[name];

    public ProjectState State => Project.State;

    public ProjectBench WithMembers(params string[] names)
    {
        foreach (var name in names)
            Enter(name);
        return this;
    }

    /// <summary>With entities that an earlier session made, one event each.</summary>
    public ProjectBench WithEntities(params Entity[] entities)
    {
        var last = State.Seq;
        foreach (var entity in entities)
        {
            var seq = ++last;
            Project.CatchUp(Given.Line(Given.Event(seq, "earlier", seq, new Change.Created(entity.Id, entity.Kind, seq, entity.Data))));
        }
        Project.EndCatchUp();
        return this;
    }

    public Guest Enter(string name, ClientMessage.Join? request = null, string? session = null, int mailboxBytes = 1 << 20, int? compressFrom = null)
    {
        var guest = new Guest(name, session, mailboxBytes, compressFrom);
        _guests[name] = guest;
        Project.Join(guest.Member, guest.Session, request ?? Given.Join(), out _).Should().BeTrue();
        if (MakesSnapshots)
            MakeSnapshots();
        return guest;
    }

    /// <summary>Makes those that were asked for.</summary>
    public void MakeSnapshots()
    {
        SnapshotsMade += Project.UnmadeSnapshots.Count;
        Project.UnmadeSnapshots.ForEach(snapshot => snapshot.Make());
        Project.UnmadeSnapshots.Clear();
    }

    public Guest Leave(string name)
    {
        Project.Leave(_guests[name].Member);
        return _guests[name];
    }

    public Submission From(string name, long n, Command command) => new(_guests[name].Member, n, command);

    public void Submit(string name, long n, Command command) => Turn(From(name, n, command));

    /// <summary>Decides and commits several submissions together.</summary>
    public void Turn(params Submission[] submissions)
    {
        Decide(submissions);
        Commit(submissions);
    }

    public Draft Decide(params Submission[] submissions)
    {
        Project.Decide(submissions, NowMs, _draft);
        return _draft;
    }

    public void Commit(params Submission[] submissions) => Project.Commit(_draft, submissions);
}
