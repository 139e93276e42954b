using System.Text.Json;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Tests.Support;

/// <summary>A random history: commands of a few sessions on a few entities, decided and folded as a server does.</summary>
internal sealed class AnyStory(Random chance, StateLimits? limits = null)
{
    private static readonly string[] s_authors = ["ann", "bob", "\"Cid\", ä"];
    private static readonly string[] s_ids = ["a", "b", "c", "d", "e"];
    private readonly Dictionary<string, long> _numbers = [];
    private long _atMs = 1000;

    public ProjectState State { get; private set; } = ProjectState.Empty;

    /// <summary>One command: the event it came to, or null where it was refused.</summary>
    public ProjectEvent? Go()
    {
        var (command, seq) = (AnyCommand(mayBatch: true), State.Seq + 1);
        if (Decider.Decide(State, command, seq, limits ?? StateLimits.Default, out var changes, out _) is not null)
            return null;
        var session = "session-" + chance.Next(3);
        var n = _numbers[session] = _numbers.GetValueOrDefault(session) + 1;
        _atMs += chance.Next(4) * 10; // many happen in the same moment
        var happened = new ProjectEvent(seq, _atMs, s_authors[chance.Next(3)], session, n, command is Command.Batch, changes);
        State = Fold.Apply(State, happened);
        return happened;
    }

    /// <summary>So many events, recorded in a journal of the project <see cref="Given.ProjectId"/>.</summary>
    public async Task<IReadOnlyList<ProjectEvent>> RecordAsync(IJournal journal, int count)
    {
        var events = new List<ProjectEvent>();
        while (events.Count < count)
        {
            if (Go() is not { } happened)
                continue;
            events.Add(happened);
            await journal.AppendAsync(Given.ProjectId, happened.Seq - 1, [Given.Line(happened)], CancellationToken.None);
        }
        return events;
    }

    private Delta AnyChange(string text) => AnyText.Change(chance, text) is { IsEmpty: false } some ? some : Delta.Replace(0, 0, "x");

    public Command AnyCommand(bool mayBatch)
    {
        var id = s_ids[chance.Next(s_ids.Length)];
        return chance.Next(mayBatch ? 11 : 7) switch
        {
            0 or 1 => Given.Create(chance.Next(4) == 0 ? null : id, AnyJson.Fields(chance, 2)),
            2 or 3 => Given.Patch(id, AnyJson.Fields(chance, 2), chance.Next(4) == 0 ? State.Entities.GetValueOrDefault(id)?.Version : null),
            4 or 5 => Given.Increment(id, "votes", chance.Next(-5, 5)),
            6 => Given.Delete(id),
            8 => Given.Patch(id, $$$"""{"notes":{"$text":{{{JsonSerializer.Serialize(AnyText.Of(chance, 20))}}}}}"""),
            9 or 10 when State.Entities.GetValueOrDefault(id)?.Texts["notes"] is { } text => new Command.Edit(id, "notes", State.Seq, AnyChange(text.Text.ToString())),
            _ => Given.Batch([.. Enumerable.Range(0, chance.Next(1, 4)).Select(_ => AnyCommand(mayBatch: false))]),
        };
    }
}
