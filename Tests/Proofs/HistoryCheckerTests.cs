namespace EventOnly.Tests.Proofs;

/// <summary>Each anomaly that the checker is there for, made by hand: one that it passed over would make every proof that uses it worthless.</summary>
internal sealed class HistoryCheckerTests
{
    private static readonly Noted[] s_journal = [new(1, "ann", 1), new(2, "bob", 1), new(3, "ann", 2), new(4, "ann", 4)];

    private Dictionary<string, IReadOnlyList<Sent>> _clients = null!;

    [SetUp]
    public void GoodClients() => _clients = new()
    {
        ["ann"] = [new(1, Fate.Done, 1), new(2, Fate.DoneBefore, 4), new(3, Fate.Refused), new(4, Fate.Unknown), new(5, Fate.Unknown)],
        ["bob"] = [new(1, Fate.Done, 2)],
    };

    private void Check(string? anomaly, IReadOnlyList<Noted>? journal = null, params Watch[] watches)
    {
        var found = HistoryChecker.Check(journal ?? s_journal, _clients, new Dictionary<string, IReadOnlyList<Watch>> { ["eve"] = watches });

        if (anomaly is null)
            found.Should().BeEmpty();
        else
            found.Should().Contain(anomaly);
    }

    private static Watch Saw(long after, bool resumed, params long[] seqs) => new(after, resumed, [.. seqs.Select(seq => s_journal[seq - 1])]);

    [Test]
    public void A_history_without_anomaly_has_none() => Check(null, null, Saw(0, false, 1, 2), Saw(2, true, 3), Saw(3, true), Saw(3, true, 4));

    [Test]
    public void A_subscriber_that_is_told_of_a_gap_and_gets_a_snapshot_misses_nothing() => Check(null, null, Saw(0, false, 1), Saw(3, false, 4));

    [Test]
    public void A_lost_event_is_found() =>
        Check("Command 1 of bob was acknowledged at 2 and is lost.", [new(1, "ann", 1), new(2, "ann", 2)]);

    [Test]
    public void A_lost_event_whose_place_is_not_known_is_found()
    {
        _clients["ann"] = [.. _clients["ann"], new(6, Fate.DoneBefore, 4)];
        Check("Command 6 of ann was acknowledged at 4 and is lost.");
    }

    [Test]
    public void An_event_elsewhere_than_was_told_is_found()
    {
        _clients["bob"] = [new(1, Fate.Done, 3)];
        Check("Command 1 of bob was acknowledged at 3 and stands at 2.");
    }

    [Test]
    public void An_event_later_than_was_told_is_found()
    {
        _clients["bob"] = [new(1, Fate.DoneBefore, 1)];
        Check("Command 1 of bob was to stand at 1 or before and stands at 2.");
    }

    [Test]
    public void A_command_that_took_effect_twice_is_found() =>
        Check("Command 2 of ann took effect twice, at 3 and at 4.", [.. s_journal[..3], new(4, "ann", 2)]);

    [Test]
    public void A_command_that_took_effect_though_it_was_refused_is_found() =>
        Check("Command 3 of ann was refused and stands at 5.", [.. s_journal, new(5, "ann", 3)]);

    [Test]
    public void Commands_of_one_client_out_of_order_are_found() =>
        Check("Command 2 of ann stands at 1, before one that was sent earlier, at 3.", [new(1, "ann", 2), new(2, "bob", 1), new(3, "ann", 1)]);

    [Test]
    public void A_gap_in_the_journal_is_found() => Check("The journal has seq 4 where 3 should stand.", [s_journal[0], s_journal[1], s_journal[3]]);

    [TestCase("ann", 9)]
    [TestCase("mallory", 1)]
    public void An_event_that_nobody_sent_is_found(string session, long n) =>
        Check($"The journal has command {n} of {session} at 5, which nobody sent.", [.. s_journal, new(5, session, n)]);

    [Test]
    public void A_gap_in_what_a_subscriber_heard_is_found() => Check("eve heard 3 after 1.", null, Saw(0, false, 1, 3));

    [Test]
    public void A_gap_across_a_reconnect_is_found() => Check("eve heard 4 after 2.", null, Saw(0, false, 1, 2), Saw(2, true, 4));

    [Test]
    public void A_repetition_is_found() => Check("eve heard 1 after 1.", null, Saw(0, false, 1, 1));

    [Test]
    public void A_repetition_across_a_reconnect_is_found() => Check("eve heard 2 after 2.", null, Saw(0, false, 1, 2), Saw(2, true, 2));

    [Test]
    public void Events_out_of_order_are_found() => Check("eve heard 1 after 2.", null, Saw(1, false, 2, 1));

    [Test]
    public void A_resumption_elsewhere_is_found() => Check("eve resumed after 3, but had seen 2.", null, Saw(0, false, 1, 2), Saw(3, true, 4));

    [Test]
    public void A_snapshot_older_than_what_was_seen_is_found() => Check("eve was put back to 1 after it had seen 2.", null, Saw(0, false, 1, 2), Saw(1, false, 2));

    [Test]
    public void An_event_that_was_shown_and_is_not_in_the_journal_is_found() =>
        Check("eve heard command 5 of ann at 5, which the journal does not have there.", null, new Watch(4, false, [new(5, "ann", 5)]));

    [Test]
    public void An_event_that_was_shown_as_another_is_found() =>
        Check("eve heard command 7 of ann at 2, which the journal does not have there.", null, new Watch(1, false, [new(2, "ann", 7)]));

    [Test]
    public void A_snapshot_of_what_the_journal_does_not_have_is_found() => Check("eve has seen 6, and the journal ends at 4.", null, Saw(6, false));
}
