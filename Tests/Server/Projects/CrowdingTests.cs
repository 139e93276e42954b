using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

/// <summary>A mailbox is small, and meant for a member's own answers: neither others nor its own large answers may crowd those out.</summary>
public sealed class CrowdingTests
{
    private const int MailboxBytes = 64 * 1024;

    [Test]
    public void What_others_send_a_member_that_reads_nothing_leaves_room_for_its_own_answers()
    {
        var bench = Given.AProject().WithMembers("bob");
        var ann = bench.Enter("ann", mailboxBytes: MailboxBytes);
        var whisper = new ClientMessage.Broadcast(Given.ProjectId, "psst", CanonicalValue.Of(new string('x', 3000)), ann.Session);

        for (var i = 0; i < 1000; i++)
            bench.Project.Broadcast(bench["bob"].Member, whisper);
        for (var n = 1; n <= 64; n++)
            bench.Submit("ann", n, Given.Delete("nobody"));

        ann.EndedBy.Should().BeNull();
        ann.Heard().OfType<ServerMessage.Reject>().Should().HaveCount(64);
    }

    [Test]
    public void Conflicts_over_a_large_entity_do_not_send_their_sender_away()
    {
        var bench = Given.AProject().WithEntities(Given.Entity("big", $$"""{"text":"{{new string('x', 6000)}}"}"""));
        var ann = bench.Enter("ann", mailboxBytes: MailboxBytes);
        ann.Heard();

        bench.Turn([.. Enumerable.Range(1, 64).Select(n => bench.From("ann", n, Given.Patch("big", """{"a":1}""", ifVersion: 99)))]);

        ann.EndedBy.Should().BeNull();
        var rejects = ann.Heard().OfType<ServerMessage.Reject>().ToArray();
        rejects.Should().HaveCount(64).And.OnlyContain(reject => reject.Refusal.Code == ErrorCode.Conflict);
        rejects.Count(reject => reject.Refusal.Current is not null).Should().BeInRange(1, 63, "the first carry the entity, the rest do not");
    }
}
