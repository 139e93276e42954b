using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

/// <summary>Commands through the whole client: what their callers, its streams and the server get.</summary>
public sealed class CommandsTests : ClientBench
{
    [Test]
    public async Task What_waits_is_sent_as_one_and_all_who_wait_are_answered()
    {
        var (client, line) = await Server.ConnectedAsync(entities: Said.Card("c", "{}"));
        await using var _ = client;
        client.Cut();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        var first = client.IncrementAsync("c", "votes", 1, Server.Deadline);
        var second = client.IncrementAsync("c", "votes", 2, Server.Deadline);

        client.PendingCount.Should().Be(1);
        client.Heal();
        Server.Time.Advance(TimeSpan.FromSeconds(20));
        line = await Server.AcceptAsync();
        var join = await line.GreetAsync();
        await line.SayAsync(Said.Joined(join.Id, 1, recovered: true));
        var sent = await line.HearAsync<ClientMessage.Submit>();
        await line.SayAsync(new ServerMessage.Happened("p", ClientVectors.Event(sent.Command, 2, Said.Me, sent.N)));

        (await first).Should().Be(await second);
        client.Store.Confirmed.Votes().Should().Be(3);
    }

    [Test]
    public async Task A_batch_is_put_together_in_a_callback_and_taken_back_as_one_step()
    {
        var (client, line) = await Server.ConnectedAsync(entities: Said.Card("c", """{"votes":1}"""));
        await using var _ = client;
        using var changes = client.Store.ChangesAsync();

        var batching = client.BatchAsync(
            batch =>
            {
                var id = batch.Create("card", Said.Json("""{"title":"x"}"""), "new");
                batch.Update(id, Said.Json("""{"note":"y"}"""));
                batch.Increment("c", "votes", 5);
            },
            Server.Deadline);
        var sent = await line.HearAsync<ClientMessage.Submit>();
        await line.SayAsync(new ServerMessage.Happened("p", ClientVectors.Event(sent.Command, 2, Said.Me, sent.N)));
        await batching;
        var undoing = client.UndoAsync(Server.Deadline);

        client.Store.View.Ids().Should().Equal("c");
        client.Store.View.Votes().Should().Be(1);
        client.CanRedo.Should().BeTrue();
        sent = await line.HearAsync<ClientMessage.Submit>();
        await line.SayAsync(new ServerMessage.Happened("p", ClientVectors.Event(sent.Command, 3, Said.Me, sent.N)));
        (await undoing)!.Seq.Should().Be(3);
        (await client.UndoAsync(Server.Deadline)).Should().BeNull();
        await using var told = changes.GetAsyncEnumerator();
        (await told.MoveNextAsync()).Should().BeTrue();
        told.Current.Should().BeEquivalentTo(new StoreChange(["new", "c"], ChangeOrigin.Local, null, 1));
    }

    [Test]
    public async Task A_refusal_tells_when_to_ask_again_and_its_stream_what_it_reverted()
    {
        var (client, line) = await Server.ConnectedAsync(entities: Said.Card("c", "{}"));
        await using var _ = client;
        using var rejections = client.RejectionsAsync();

        var voting = client.IncrementAsync("c", "votes", ct: Server.Deadline);
        await line.HearAsync<ClientMessage.Submit>();
        await line.SayAsync(Said.Reject(1, ErrorCode.Conflict, retryAfterMs: 70));

        (await voting.Invoking(async task => await task).Should().ThrowAsync<RejectedException>()).Which.RetryAfter.Should().Be(TimeSpan.FromMilliseconds(70));
        await using var told = rejections.GetAsyncEnumerator();
        (await told.MoveNextAsync()).Should().BeTrue();
        told.Current.Reverted.Should().Equal("c");
        client.CanUndo.Should().BeFalse("it has not happened");
    }

    [Test]
    public async Task A_group_is_one_step_and_what_others_do_meanwhile_is_not_part_of_it()
    {
        var (client, _) = await Server.ConnectedAsync(entities: Said.Card("c", "{}"));
        await using var __ = client;

        var waiting = new List<Task>();
        client.Group("both", () =>
        {
            waiting.Add(client.UpdateAsync("c", Said.Json("""{"x":1}""")));
            waiting.Add(client.IncrementAsync("c", "votes"));
        });
        waiting.Add(client.UpdateAsync("c", Said.Json("""{"y":1}""")));
        waiting.Add(client.UndoAsync());
        waiting.Add(client.UndoAsync());

        waiting.Should().OnlyContain(task => !task.IsCompleted);
        client.Store.Get("c")!.Data.ToString().Should().Be("""{"votes":0}""");
        client.CanUndo.Should().BeFalse();
    }

    [Test]
    public async Task Editing_a_field_makes_what_others_write_to_it_a_conflict_until_it_is_left()
    {
        var (client, line) = await Server.ConnectedAsync(entities: Said.Card("c", """{"title":"old"}"""));
        await using var _ = client;
        using var conflicts = client.ConflictsAsync();
        var editing = client.Editing("c", "title");

        await line.SayAsync(Said.Happened(2, new Change.Patched("c", 2, Said.Json("""{"title":"one"}"""))));
        await client.WaitForSeqAsync(2, Server.Deadline);
        editing.Dispose();
        editing.Dispose();
        await line.SayAsync(Said.Happened(3, new Change.Patched("c", 3, Said.Json("""{"title":"two"}"""))));
        await client.WaitForSeqAsync(3, Server.Deadline);
        await client.DisconnectAsync();

        var told = new List<FieldConflict>();
        await foreach (var conflict in conflicts)
            told.Add(conflict);
        told.Should().ContainSingle().Which.Theirs!.Value.AsString().Should().Be("one");
    }

    [Test]
    public async Task A_card_is_moved_between_its_siblings()
    {
        var (client, line) = await Server.ConnectedAsync(entities:
        [
            Said.Card("a", """{"list":"todo","order":"V1"}"""), Said.Card("b", """{"list":"todo","order":"W1"}"""), Said.Card("d", """{"list":"done","order":"A1"}"""),
        ]);
        await using var _ = client;

        Task[] moving = [client.MoveAsync("d", "todo", before: "b"), client.MoveAsync("a", "todo")];

        moving.Should().OnlyContain(task => !task.IsCompleted);
        var todo = client.Store.List("card").Where(card => card.Data["list"]?.AsString() == "todo").ToList();
        todo.Sort(OrderKey.Compare);
        todo.Select(card => card.Id).Should().Equal("d", "b", "a");
        (await line.HearAsync<ClientMessage.Submit>()).Command.Should().BeOfType<Command.Patch>().Which.Fields.Select(each => each.Name).Should().Equal("list", "order");
    }

    [Test]
    public void Ids_of_one_client_sort_in_the_order_they_were_made_and_fit_the_rules()
    {
        var ids = new IdMaker(new ManualTime(), new Random(1));

        var made = Enumerable.Range(0, 200).Select(_ => ids.Next("card")).ToArray();

        made.Should().BeInAscendingOrder(StringComparer.Ordinal).And.OnlyHaveUniqueItems();
        made.Should().OnlyContain(id => System.Text.RegularExpressions.Regex.IsMatch(id, "^card-[0-9A-Za-z]{20}$"));
        ids.Next(new string('k', 64)).Should().HaveLength(61, "an id has at most 64 characters");
    }
}
