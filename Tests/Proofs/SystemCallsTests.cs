namespace EventOnly.Tests.Proofs;

/// <summary>Traces made by hand: what is in order, and each way in which it may not be.</summary>
internal sealed class SystemCallsTests
{
    private const string Written = """7  pwrite64(9</d/1.jsonl>, "{\"type\":\"create\",\"project\":\"p\",\"seq\":1,\"n\":1}\n", 50, 0) = 50""";
    private const string Synced = "7  fdatasync(9</d/1.jsonl>) = 0";
    private const string Told = """8  sendto(5<socket:[77]>, "\201\62{\"type\":\"create\",\"project\":\"p\",\"seq\":1,\"n\":1}", 50, MSG_NOSIGNAL, NULL, 0) = 50""";
    private const string Early = "Event 1 of p went to socket:[77] at line ";

    private static void Check(string? early, params string[] lines)
    {
        var found = SystemCalls.FindEarly(SystemCalls.Parse(lines));

        if (early is null)
            found.Should().BeEmpty();
        else
            found.Should().ContainSingle().Which.Should().StartWith(early);
    }

    [Test]
    public void Written_synced_and_told_is_in_order() => Check(null, Written, Synced, Told);

    [Test]
    public void Told_before_the_sync_is_found() => Check(Early, Written, Told, Synced);

    [Test]
    public void Told_without_a_sync_is_found() => Check(Early, Written, Told);

    [Test]
    public void Told_without_a_write_is_found() => Check(Early, Synced, Told);

    [Test]
    public void A_sync_before_the_write_does_not_count() => Check(Early, Synced, Written, Told);

    [Test]
    public void A_sync_of_another_file_does_not_count() => Check(Early, Written, Synced.Replace("1.jsonl", "2.jsonl", StringComparison.Ordinal), Told);

    [Test]
    public void An_event_of_the_same_seq_in_another_project_does_not_count() =>
        Check(Early, Written.Replace("\\\"p\\\"", "\\\"q\\\"", StringComparison.Ordinal), Synced, Told);

    [Test]
    public void A_sync_that_failed_does_not_count() => Check(Early, Written, Synced.Replace("= 0", "= -1 EIO (Input/output error) (INJECTED)", StringComparison.Ordinal), Told);

    [Test]
    public void A_sync_that_ends_after_the_telling_began_is_found() =>
        Check(Early, Written, "7  fdatasync(9</d/1.jsonl> <unfinished ...>", Told, "7  <... fdatasync resumed>) = 0");

    [Test]
    public void A_sync_in_two_parts_counts_when_it_has_ended() =>
        Check(null, Written, "7  fdatasync(9</d/1.jsonl> <unfinished ...>", "6  write(3</dev/null>, \"x\", 1) = 1", "7  <... fdatasync resumed>) = 0", Told);

    [Test]
    public void A_sync_that_began_while_the_write_was_under_way_does_not_count() =>
        Check(
            Early, Written.Replace("50, 0) = 50", "50, 0 <unfinished ...>", StringComparison.Ordinal), "6  fdatasync(9</d/1.jsonl>) = 0",
            "7  <... pwrite64 resumed>) = 50", Told);

    [Test]
    public void A_write_through_another_file_counts_with_the_sync_of_that() =>
        Check(
            null, Written, Written.Replace("1.jsonl", "daybook-1.jsonl", StringComparison.Ordinal), Synced.Replace("1.jsonl", "daybook-1.jsonl", StringComparison.Ordinal), Told);

    [Test]
    public void What_is_no_event_may_be_told_at_any_time() =>
        Check(null, """8  sendmsg(5<socket:[77]>, {msg_iov=[{iov_base="{\"type\":\"joined\",\"project\":\"p\",\"seq\":1}", iov_len=9}]}, 0) = 50""");

    [Test]
    public void Of_several_events_in_one_call_each_counts()
    {
        var both = Told.Replace("}\"", "}{\\\"type\\\":\\\"update\\\",\\\"project\\\":\\\"p\\\",\\\"seq\\\":2}\"", StringComparison.Ordinal);

        SystemCalls.Told(SystemCalls.Parse([both])).Select(told => told.Event).Should().Equal(new TracedEvent("p", 1), new TracedEvent("p", 2));
        SystemCalls.FindEarly(SystemCalls.Parse([Written, Synced, both])).Should().Equal("Event 2 of p went to socket:[77] at line 3, before it was durable.");
    }
}
