using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class FanOutTests
{
    [Test]
    public async Task In_a_large_project_other_cores_take_their_part_and_everybody_is_woken()
    {
        var (project, guests) = Crowd(4 * FanOut.ShardMembersMin);
        var threads = new System.Collections.Concurrent.ConcurrentDictionary<int, bool>();
        foreach (var guest in guests)
            guest.OnWake = () => threads[Environment.CurrentManagedThreadId] = true;

        new FanOut(cores: 4).Pass(project);

        await Eventually.IsAsync(() => guests.TrueForAll(guest => guest.Wakes == 1), "everybody is woken once");
        threads.Keys.Should().Contain(id => id != Environment.CurrentManagedThreadId);
    }

    [Test]
    public void A_small_project_is_passed_over_by_its_own_loop()
    {
        var (project, guests) = Crowd(FanOut.ShardMembersMin);

        new FanOut(cores: 4).Pass(project);

        guests.Should().OnlyContain(guest => guest.Wakes == 1);
    }

    [Test]
    public async Task Who_belongs_to_a_shard_that_gets_no_core_is_woken_by_the_loop()
    {
        var (project, guests) = Crowd(2 * FanOut.ShardMembersMin);
        using var mayGoOn = new ManualResetEventSlim();
        var (fanOut, stuck) = (new FanOut(cores: 2), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        guests[FanOut.ShardMembersMin].OnWake = () => // the first of the second shard
        {
            if (!stuck.TrySetResult())
                return;
            mayGoOn.Wait(RawClient.Patience);
        };
        fanOut.Pass(project);
        await stuck.Task.WaitAsync(RawClient.Patience);

        project.TapesMoved = true;
        fanOut.Pass(project);

        guests[^1].Wakes.Should().Be(1, "its shard is stuck before it, so the loop has passed over it");
        mayGoOn.Set();
        await Eventually.IsAsync(() => guests[^1].Wakes == 2, "the shard comes to its end");
    }

    [Test]
    public void Where_the_tapes_stood_still_only_those_with_an_answer_are_woken()
    {
        var (project, guests) = Crowd(10);
        project.TapesMoved = false;
        project.Touched.Add(guests[3].Member);

        new FanOut(cores: 1).Pass(project);

        guests.Sum(guest => guest.Wakes).Should().Be(1);
        guests[3].Wakes.Should().Be(1);
    }

    private static (Project Project, List<Guest> Guests) Crowd(int count)
    {
        var bench = Given.AProject();
        var guests = Enumerable.Range(0, count).Select(i => bench.Enter($"guest-{i}")).ToList();
        bench.Project.Touched.Clear();
        bench.Project.TapesMoved = true;
        return (bench.Project, guests);
    }
}
