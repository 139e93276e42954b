using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Server.Projects;

/// <summary>What goes into one turn of a project's loop when much is waiting.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ProjectTurnTests
{
    [Test]
    public async Task A_burst_does_not_throw_those_off_the_tape_who_take_as_fast_as_can_be()
    {
        var loop = await OpenAsync(new() { TapeBytesMax = 64 * 1024 });
        var taken = 0L;
        var fellBehind = false;
        var bob = new Guest("bob");
        var reader = bob.Member;
        bob.OnWake = Take;
        var author = new Guest("ann");
        await BringAsync(loop, Enter(reader, "bob"), Enter(author.Member, "ann"));
        for (var n = 1; n <= 60; n++)
            await BringAsync(loop, new Inbound.Submit(author.Member, n, Given.Create($"e{n}", $$"""{"title":"{{new string('x', 10_000)}}"}"""), 10_000));

        await RunUntilAsync(loop, 60);

        fellBehind.Should().BeFalse();
        taken.Should().BeGreaterThan(600_000);

        void Take()
        {
            while (reader.TryTake(out var bytes, out var behind))
            {
                taken += bytes.Length;
                fellBehind |= behind;
            }
            fellBehind |= !reader.TryTake(out _, out var late) && late;
        }
    }

    [Test]
    public async Task What_was_said_before_leaving_takes_effect_though_all_of_it_waits_for_the_same_turn()
    {
        var loop = await OpenAsync(new());
        var ann = new Guest("ann");
        await BringAsync(loop, Enter(ann.Member, "ann"), new Inbound.Submit(ann.Member, 1, Given.Create("a")), new Inbound.Exit(ann.Member, null));

        await RunUntilAsync(loop, 1);
    }

    [Test]
    public async Task Who_comes_back_learns_what_became_of_what_the_old_connection_just_said()
    {
        var loop = await OpenAsync(new());
        var (old, anew) = (new Guest("ann"), new Guest("ann"));
        await BringAsync(loop, Enter(old.Member, "s"), new Inbound.Submit(old.Member, 1, Given.Create("a")), Enter(anew.Member, "s", Given.Join(pending: [1])));

        await RunUntilAsync(loop, 1);

        anew.Heard<ServerMessage.Joined>().Outcomes.Should().Equal(new Outcome(1, Fate.Coming));
        anew.Events().Should().ContainSingle();
    }

    [Test]
    public async Task Who_was_not_let_in_may_not_look_and_may_ask_again()
    {
        var loop = await OpenAsync(new() { MembersMax = 1 });
        var (ann, bob) = (new Guest("ann"), new Guest("bob"));
        await BringAsync(loop, Enter(ann.Member, "ann"), Enter(bob.Member, "bob"), new Inbound.Submit(ann.Member, 1, Given.Create("a")));
        var looking = loop.LookAsync(bob.Member, CancellationToken.None);

        await RunUntilAsync(loop, 1, ann.Member);

        (await looking).Should().BeNull();
        bob.Heard<ServerMessage.Error>().Code.Should().Be(ErrorCode.Unavailable);
        bob.Member.IsGone.Should().BeTrue();
    }

    private static Task<ProjectLoop> OpenAsync(ProjectOptions options) => ProjectLoop.OpenAsync(
        Given.ProjectId, new MemoryJournal(() => Given.Epoch), options, new(), TimeProvider.System, NullLogger.Instance, ServerMetrics.Unwatched, CancellationToken.None);

    private static Inbound.Enter Enter(Member member, string session, ClientMessage.Join? request = null) => new(member, session, request ?? Given.Join());

    private static async Task BringAsync(ProjectLoop loop, params Inbound[] inbound)
    {
        foreach (var one in inbound)
            (await loop.BringAsync(one, CancellationToken.None)).Should().BeTrue();
    }

    /// <summary>All is brought before the loop runs, so that it waits for the same turn.</summary>
    private static async Task RunUntilAsync(ProjectLoop loop, int seq, Member? looking = null)
    {
        using var stop = new CancellationTokenSource();
        var running = loop.RunAsync(stop.Token);
        if (looking is null)
        {
            looking = new Guest("probe").Member;
            await BringAsync(loop, Enter(looking, "probe"));
        }
        var state = await loop.LookAsync(looking, CancellationToken.None).WaitAsync(RawClient.Patience);
        await stop.CancelAsync();
        await running;
        state!.Seq.Should().Be(seq);
    }
}
