using System.Text.Json.Nodes;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

public sealed class ConflictTests
{
    private static IEnumerable<TestCaseData> Stories => ClientVectors.Named("conflict.json");

    [TestCaseSource(nameof(Stories))]
    public void A_foreign_write_to_a_field_of_ours_is_told(JsonNode vector)
    {
        var replica = Live([.. vector["entities"]!.AsArray().Select(entity => ClientVectors.Entity(entity!))]);
        var (seq, now) = (1L, 1000L);
        var sent = new List<ClientMessage.Submit>();
        var found = new List<FieldConflict>();

        foreach (var step in vector["steps"]!.AsArray())
        {
            if ((step!["submit"] ?? step["keep"]) is { } body)
                replica.Submit(ClientVectors.Command(body));
            if (step["submit"] is not null)
                sent.Add(replica.Next()!);
            if (step["own"]?.GetValue<int>() is { } own)
                Hear(ClientVectors.Event(sent[own - 1].Command, ++seq, Said.Me, sent[own - 1].N));
            if (step["event"] is { } happened)
                Hear(ClientVectors.Event(ClientVectors.Command(happened), ++seq, Said.Other, seq, step["by"]!.GetValue<string>()));
            now += step["wait"]?.GetValue<long>() ?? 0;
            if (step["edit"] is { } edit)
                replica.Edit(edit[0]!.GetValue<string>(), edit[1]!.GetValue<string>());
            if (step["leave"] is { } leave)
                replica.Leave(leave[0]!.GetValue<string>(), leave[1]!.GetValue<string>());
        }

        found.Select(Text).Should().Equal(vector["conflicts"]!.AsArray().Select(conflict => conflict!.ToJsonString()));

        void Hear(ProjectEvent happened) => found.AddRange(replica.Receive(new ServerMessage.Happened("p", happened), now)
            .OfType<ReplicaEffect.Conflicted>().Select(effect => effect.Conflict));
    }

    [Test]
    public void What_an_event_does_that_our_command_hides_is_not_told_as_a_change()
    {
        var replica = Live(Said.Card("a", """{"title":"old"}"""));
        replica.Submit(Said.Patch("a", """{"title":"mine"}"""));

        var hidden = replica.Receive(Said.Happened(2, new Change.Patched("a", 2, Said.Json("""{"title":"theirs"}"""))));
        var shown = replica.Receive(Said.Happened(3, new Change.Patched("a", 3, Said.Json("""{"note":"theirs"}"""))));

        hidden.OfType<ReplicaEffect.Changed>().Should().BeEmpty();
        shown.OfType<ReplicaEffect.Changed>().Should().ContainSingle().Which.Change.Should().BeEquivalentTo(
            new StoreChange(["a"], ChangeOrigin.Remote, Said.Other, 3));
    }

    [Test]
    public void Our_own_event_changes_nothing_that_is_seen()
    {
        var replica = Live(Said.Card("c", "{}"));
        var local = replica.Submit(Said.Vote());
        replica.Next();

        var own = replica.Receive(Said.Voted(2, Said.Me, n: 1));

        local.Should().ContainSingle().Which.Should().BeOfType<ReplicaEffect.Changed>().Which.Change.Origin.Should().Be(ChangeOrigin.Local);
        own.OfType<ReplicaEffect.Changed>().Should().BeEmpty();
    }

    [Test]
    public void A_refusal_tells_what_it_reverted_and_when_to_ask_again()
    {
        var replica = Live(Said.Card("a", """{"title":"old"}"""));
        replica.Submit(Said.Patch("a", """{"title":"old"}"""));
        replica.Next();
        replica.Submit(Said.Patch("a", """{"title":"new"}"""));
        replica.Next();

        var unseen = replica.Receive(Said.Reject(1, ErrorCode.Forbidden)).OfType<ReplicaEffect.Failed>().Single();
        var seen = replica.Receive(Said.Reject(2, ErrorCode.Conflict, retryAfterMs: 70)).OfType<ReplicaEffect.Failed>().Single();

        unseen.Reverted.Should().BeEmpty();
        seen.Reverted.Should().Equal("a");
        seen.RetryAfterMs.Should().Be(70);
    }

    [Test]
    public void A_field_is_pending_while_a_command_of_ours_is_under_way_on_it()
    {
        var replica = Live(Said.Card("c", "{}"), Said.Card("d", "{}"));
        replica.Submit(Said.Patch("c", """{"title":"x"}"""));
        replica.Submit(Said.Vote());
        replica.Submit(new Command.Delete("d", null));

        replica.IsPending("c", "title").Should().BeTrue();
        replica.IsPending("c", "votes").Should().BeTrue();
        replica.IsPending("c", "note").Should().BeFalse();
        replica.IsPending("c").Should().BeTrue();
        replica.IsPending("d", "whatever").Should().BeTrue("all of it is about to go");
        replica.IsPending("e").Should().BeFalse();
    }

    private static string Text(FieldConflict conflict)
    {
        var text = new JsonObject { ["id"] = conflict.Id, ["field"] = conflict.Field };
        if (conflict.Mine is { } mine)
            text["mine"] = JsonNode.Parse(mine.Utf8);
        if (conflict.Theirs is { } theirs)
            text["theirs"] = JsonNode.Parse(theirs.Utf8);
        text["by"] = conflict.By;
        return text.ToJsonString();
    }

    private static Replica Live(params Entity[] entities)
    {
        var replica = new Replica("p", "secret-0123456789");
        replica.Join("j1");
        replica.Receive(Said.Joined("j1", 1));
        replica.Receive(Said.Snapshot(1, entities));
        return replica;
    }
}
