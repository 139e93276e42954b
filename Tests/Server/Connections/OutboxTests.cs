using EventOnly.Server.Connections;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Connections;

/// <summary>In what order a connection's lanes are written: small answers first, and of what is long neither the tape nor the bulk lane alone.</summary>
[Parallelizable]
public sealed class OutboxTests
{
    [Test]
    public async Task A_page_that_waits_keeps_no_answer_from_being_posted_or_written()
    {
        var mailbox = new Mailbox(100);
        var outbox = new Outbox(mailbox);
        await outbox.Bulk.PutAsync(() => new byte[1024 * 1024], default);

        mailbox.TryPost(new byte[60]).Should().BeTrue();
        mailbox.TryPost(new byte[40]).Should().BeTrue("a page counts for nothing there");

        Lengths(outbox).Should().Equal(60 + 40, 1024 * 1024);
    }

    [Test]
    public async Task While_there_are_pages_without_end_events_are_written_byte_for_byte_as_many_and_the_other_way_round()
    {
        var bench = Given.AProject(new ProjectOptions { TapeBytesMax = 16 * 1024 * 1024 });
        var ann = bench.Enter("ann");
        var outbox = new Outbox(ann.Mailbox);
        outbox.Add(ann.Member);
        for (var n = 1; n <= 400; n++)
            bench.Submit("ann", n, Given.Create(null, $$"""{"text":"{{new string('x', 10_000)}}"}"""));
        var (pages, events) = (0L, 0L);

        for (var take = 0; take < 60; take++)
        {
            var put = outbox.Bulk.PutAsync(() => new byte[100_000], default);
            outbox.TryTake(out var bytes).Should().BeTrue();
            (pages, events) = bytes.Length == 100_000 ? (pages + bytes.Length, events) : (pages, events + bytes.Length);
            if (!put.IsCompleted)
                outbox.Bulk.TryTake(out _); // there is one at any time, and never two
            await put;
            if (take > 10)
                (events / (double)pages).Should().BeInRange(0.5, 2);
        }
    }

    [Test]
    public async Task Where_there_is_nothing_else_page_follows_page()
    {
        var outbox = new Outbox(new(100));
        for (var i = 1; i <= 3; i++)
        {
            await outbox.Bulk.PutAsync(() => new byte[i], default);
            Lengths(outbox).Should().Equal(i);
        }
    }

    [Test]
    public async Task A_page_that_is_there_is_said_before_the_last_words_and_none_after_it()
    {
        var outbox = new Outbox(new(100));
        await outbox.Bulk.PutAsync(() => new byte[10], default);
        var later = outbox.Bulk.PutAsync(() => new byte[11], default);

        outbox.End(new byte[12], drain: true);

        Lengths(outbox).Should().Equal(10, 12);
        (await later).Should().BeFalse();
    }

    [Test]
    public async Task To_a_slow_consumer_nothing_is_said_but_the_last_words()
    {
        var outbox = new Outbox(new(100));
        await outbox.Bulk.PutAsync(() => new byte[10], default);

        outbox.End(new byte[12], drain: false);

        Lengths(outbox).Should().Equal(12);
    }

    private static List<int> Lengths(Outbox outbox)
    {
        var lengths = new List<int>();
        while (outbox.TryTake(out var bytes))
            lengths.Add(bytes.Length);
        return lengths;
    }

    [Test]
    public async Task That_a_member_fell_behind_is_noticed_however_many_pages_follow_each_other()
    {
        var bench = Given.AProject(new ProjectOptions { TapeBytesMax = 64 * 1024 });
        var ann = bench.Enter("ann");
        var outbox = new Outbox(ann.Mailbox);
        outbox.Add(ann.Member);
        for (var n = 1; n <= 20; n++)
            bench.Submit("ann", n, Given.Create(null, $$"""{"text":"{{new string('x', 10_000)}}"}"""));

        await outbox.Bulk.PutAsync(() => new byte[100_000], default);
        for (var takes = 0; outbox.TryTake(out var bytes); takes++)
        {
            takes.Should().BeLessThan(100, "the pump looks at it when there is nothing to take");
            if (bytes.Length == 100_000)
                await outbox.Bulk.PutAsync(() => new byte[100_000], default); // there always is a page
        }

        outbox.FellBehind.Should().BeTrue();
        outbox.End([1, 2, 3], drain: false);
        Lengths(outbox).Should().Equal(3);
    }
}
