using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class MembersTests
{
    [Test]
    public void Without_news_there_is_nothing_to_tell() => new Members().TakeNews("p").Should().BeNull();

    [Test]
    public void Who_arrives_is_told_once()
    {
        var members = new Members();
        members.Add(Member("ann", "{}"));

        News(members).Should().Be("+ann");
        News(members).Should().BeEmpty();
    }

    [Test]
    public void Who_is_not_to_be_seen_is_counted_but_not_told()
    {
        var members = new Members();
        var ann = Member("ann", null);
        members.Add(ann);
        members.Present().Should().BeEmpty();
        members.Count.Should().Be(1);

        members.Remove(ann);

        News(members).Should().BeEmpty();
    }

    [Test]
    public void Of_several_changes_in_a_turn_the_last_is_told()
    {
        var (members, ann) = WithAnn();

        members.SetPresence(ann, Given.Fields("""{"x":1}"""));
        members.SetPresence(ann, Given.Fields("""{"x":2}"""));

        members.TakeNews("p")!.Changed.Should().ContainSingle().Which.Data.ToString().Should().Be("""{"x":2}""");
    }

    [Test]
    public void A_change_right_after_arriving_is_part_of_the_arrival()
    {
        var members = new Members();
        var ann = Member("ann", "{}");
        members.Add(ann);

        members.SetPresence(ann, Given.Fields("""{"x":1}"""));

        var news = members.TakeNews("p")!;
        (news.Arrived.Single().Data.ToString(), news.Changed.Length).Should().Be(("""{"x":1}""", 0));
    }

    [Test]
    public void Who_came_and_went_within_a_turn_has_left_for_somebody_may_have_joined_in_between()
    {
        var members = new Members();
        var ann = Member("ann", "{}");
        members.Add(ann);

        members.Remove(ann);

        News(members).Should().Be("-ann");
    }

    [Test]
    public void Who_went_and_came_back_within_a_turn_is_not_seen_to_go()
    {
        var (members, ann) = WithAnn();
        members.Remove(ann);

        members.Add(Member("ann", """{"x":1}"""));

        News(members).Should().Be("+ann");
    }

    [Test]
    public void Who_came_back_unseen_and_then_shows_itself_is_not_seen_to_go()
    {
        var (members, ann) = WithAnn();
        members.Remove(ann);
        var again = Member("ann", null);
        members.Add(again);

        members.SetPresence(again, Given.Fields("""{"x":1}"""));

        News(members).Should().Be("+ann");
    }

    [Test]
    public void Who_came_back_unseen_has_left()
    {
        var (members, ann) = WithAnn();
        members.Remove(ann);

        members.Add(Member("ann", null));

        News(members).Should().Be("-ann");
    }

    [Test]
    public void Who_went_came_back_and_went_again_has_left()
    {
        var (members, ann) = WithAnn();
        members.Remove(ann);
        var again = Member("ann", "{}");
        members.Add(again);

        members.Remove(again);

        News(members).Should().Be("-ann");
    }

    [Test]
    public void One_that_was_replaced_cannot_remove_the_one_in_its_place()
    {
        var (members, old) = WithAnn();
        members.Remove(old);
        members.Add(Member("ann", "{}"));

        members.Remove(old).Should().BeFalse();

        members.Find("ann").Should().NotBeNull().And.NotBeSameAs(old);
    }

    [Test]
    public void The_list_of_all_is_made_once_for_all_who_ask_until_somebody_comes_or_goes()
    {
        var (members, ann) = WithAnn();
        var all = members.All;
        members.SetPresence(ann, Given.Fields("""{"x":1}"""));
        members.All.Should().BeSameAs(all);

        members.Remove(ann);

        members.All.Should().BeEmpty();
        all.Should().Equal([ann], "whoever passes over it shall not be disturbed");
    }

    [Test]
    public async Task Who_looks_from_another_thread_while_others_come_and_go_sees_who_stays()
    {
        var (members, ann) = WithAnn();
        var hasEnded = false;
        var looking = Task.Run(() =>
        {
            while (!Volatile.Read(ref hasEnded))
                members.All.Should().Contain(ann).And.HaveCountLessThanOrEqualTo(20);
        });
        for (var i = 0; i < 20_000 && !looking.IsCompleted; i++)
        {
            var name = $"m{i % 19}";
            if (members.Find(name) is { } member)
                members.Remove(member);
            else
                members.Add(Member(name, null));
        }
        Volatile.Write(ref hasEnded, true);

        await looking.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Test]
    public void At_most_200_are_listed_and_all_are_counted()
    {
        var members = new Members();
        for (var i = 0; i < 250; i++)
            members.Add(Member($"m{i}", "{}"));

        (members.Present().Length, members.Count).Should().Be((200, 250));
    }

    [Test]
    public void Whenever_one_joins_its_list_and_the_news_lead_to_who_is_present([Range(1, 30)] int seed)
    {
        var chance = Given.Chance(seed);
        var (members, views) = (new Members(), new List<Dictionary<string, string>> { new() });
        for (var turn = 0; turn < 20; turn++)
        {
            members.Expire(TimeSpan.FromSeconds(turn));
            for (var steps = chance.Next(8); steps > 0; steps--)
            {
                Step(members, chance, turn);
                if (chance.Next(5) == 0)
                    views.Add(Present(members));
            }

            var news = members.TakeNews("p");
            views.ForEach(view => Apply(news, view));

            views.Should().AllSatisfy(view => view.Should().Equal(Present(members)));
        }
    }

    private static Dictionary<string, string> Present(Members members) =>
        members.Present().ToDictionary(member => member.Session, member => member.Data.ToString());

    private static void Step(Members members, Random chance, int turn)
    {
        var name = "m" + chance.Next(4);
        var presence = chance.Next(3) == 0 ? null : $$"""{"x":{{chance.Next(100)}}}""";
        if (members.Find(name) is not { } member)
            members.Add(Member(name, presence));
        else if (presence is not null && chance.Next(2) == 0)
            members.SetPresence(member, Given.Fields(presence));
        else
            members.Remove(member, chance.Next(2) == 0 ? TimeSpan.FromSeconds(turn + 3) : null); // perhaps only its line broke
    }

    /// <summary>As a client does, in the order of the frame.</summary>
    private static void Apply(ServerMessage.Presence? news, Dictionary<string, string> seen)
    {
        foreach (var member in news?.Arrived ?? [])
            seen[member.Session] = member.Data.ToString();
        foreach (var session in news?.Left ?? [])
            seen.Remove(session);
        foreach (var change in news?.Changed ?? [])
        {
            if (seen.ContainsKey(change.Session))
                seen[change.Session] = change.Data.ToString();
        }
    }

    private static (Members Members, Member Ann) WithAnn()
    {
        var (members, ann) = (new Members(), Member("ann", "{}"));
        members.Add(ann);
        members.TakeNews("p");
        return (members, ann);
    }

    private static string News(Members members) => members.TakeNews("p") is { } news
        ? string.Concat([.. news.Arrived.Select(member => "+" + member.Session), .. news.Left.Select(session => "-" + session), .. news.Changed.Select(change => "~" + change.Session)])
        : "";

    private static Member Member(string session, string? presence)
    {
        var member = new Member(session, new Guest(session));
        member.Enter(session, true, presence is null ? null : Given.Fields(presence), default, null, new Tape(1), 0, new Whispers(1));
        return member;
    }
}
