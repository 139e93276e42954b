using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

/// <summary>What a project costs in which nothing happens: there may be many. Alone, for it looks at the memory of the whole process.</summary>
[NonParallelizable]
public sealed class IdleProjectBytesTests
{
    private const int Projects = 300, EntityCount = 50;

    /// <summary>Of the project itself, its two members and what it keeps of its own; the entities' memory comes on top.</summary>
    private const int OwnBytesMax = 4 * 1024;

    [Test]
    public void A_project_at_rest_holds_its_entities_and_little_more()
    {
        Bytes(10, out _); // whatever is made once

        var (entities, without) = (Bytes(Projects, out var states), 0L);
        without = Rest(states, out var projects);

        TestContext.Out.WriteLine($"{entities / Projects:N0} bytes of state, {without / Projects:N0} bytes besides");
        projects.Should().HaveCount(Projects);
        (without / Projects).Should().BeLessThan(OwnBytesMax);
    }

    /// <summary>The memory of so many states.</summary>
    private static long Bytes(int count, out ProjectState[] states)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        states = new ProjectState[count];
        for (var i = 0; i < count; i++)
            states[i] = ProjectState.FromSnapshot(1, Enumerable.Range(0, EntityCount).Select(id => Given.Entity($"card-{id}", """{"title":"A small card","votes":1}""")));
        return GC.GetTotalMemory(forceFullCollection: true) - before;
    }

    /// <summary>The memory of projects of those states, in each of which somebody did something and then nobody any more.</summary>
    private static long Rest(ProjectState[] states, out List<Project> projects)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        projects = [];
        var draft = new Draft();
        foreach (var state in states)
        {
            var project = new Project(Given.ProjectId, new JournalHead(Given.Epoch, state.Seq, 0), new ProjectOptions(), state);
            var (ann, bob) = (Enter(project, "ann"), Enter(project, "bob"));
            for (var n = 1; n <= 20; n++)
            {
                Submission[] submissions = [new(n % 2 == 0 ? ann : bob, n, Given.Increment("card-1", "votes", 1))];
                project.Decide(submissions, 1_763_712_000_000, draft);
                project.Commit(draft, submissions);
            }
            project.TellPresence();
            project.UnmadeSnapshots.Clear();
            project.Touched.Clear();
            project.Tidy();
            projects.Add(project);
        }
        draft.Clear();
        return GC.GetTotalMemory(forceFullCollection: true) - before;
    }

    private static Member Enter(Project project, string name)
    {
        var member = new Member(name, new Deaf());
        project.Join(member, name, new ClientMessage.Join("j", Given.ProjectId, name, null, [], Listen: true, JsonFields.Empty), out _);
        while (member.TryTake(out _, out _) || member.Mailbox.TryTake(out _))
        {
        }
        return member;
    }

    private sealed class Deaf : IPeer
    {
        public Mailbox Mailbox { get; } = new(1 << 20);

        public void Wake()
        {
        }

        public void End(CloseCode code)
        {
        }
    }
}
