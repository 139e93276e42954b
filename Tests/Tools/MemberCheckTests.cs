using System.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tools.Load;

namespace EventOnly.Tests.Tools;

/// <summary>A checker is worth what it finds: each fault is made here once, and has its name.</summary>
[Parallelizable]
public sealed class MemberCheckTests
{
    private Breaches _breaches = null!;
    private MemberCheck _check = null!;

    [SetUp]
    public void Join()
    {
        _breaches = new();
        _check = new(3, "p", _breaches);
        _check.Joined(new("e", 12), isRecovered: false);
        _check.Restored(10);
    }

    [Test]
    public void Every_event_once_and_in_order_across_a_resume_is_good()
    {
        Hear(11, 12, 13);
        _check.Since.Should().Be(new Position("e", 13));
        _check.Joined(new("e", 15), isRecovered: true);
        Hear(14, 15, 16);
        _check.End(new("e", 16));

        Promises().Should().BeEmpty();
        _check.PassedOver.Should().Be(0);
    }

    [Test]
    public void What_a_snapshot_takes_the_place_of_is_not_lost_but_counted()
    {
        Hear(11);
        _check.Joined(new("e", 500), isRecovered: false);
        _check.Restored(490);
        Hear(491);

        Promises().Should().BeEmpty();
        _check.PassedOver.Should().Be(479);
    }

    [Test]
    public void A_lost_event_is_named_once()
    {
        Hear(11, 13, 14);

        _breaches.Kept.Should().Equal(new Breach("lost", 3, "p", 12, "never told; 13 came."));
    }

    [Test]
    public void A_doubled_event_is_found()
    {
        Hear(11, 11, 12);
        Promises().Should().Equal("duplicated");
    }

    [Test]
    public void Events_that_change_places_are_found()
    {
        Hear(11, 13, 12, 14);
        Promises().Should().Equal("lost", "order");
    }

    [Test]
    public void The_last_events_are_missed_too()
    {
        Hear(11);
        _check.End(new("e", 12));

        _breaches.Kept.Should().ContainSingle().Which.Seq.Should().Be(12);
        Promises().Should().Equal("lost");
    }

    [Test]
    public void A_resume_that_leaves_events_out_is_found()
    {
        Hear(11);
        _check.Joined(new("e", 14), isRecovered: true);
        Hear(13);
        Promises().Should().Equal("lost");
    }

    [Test]
    public void A_server_that_has_forgotten_what_it_told_is_found()
    {
        Hear(11, 12);
        _check.Joined(new("e", 11), isRecovered: true);
        Promises().Should().Equal("resume");
    }

    [Test]
    public void A_snapshot_that_is_older_than_where_the_member_stood_is_found()
    {
        Hear(11, 12);
        _check.Joined(new("e", 13), isRecovered: false);
        _check.Restored(11);
        Promises().Should().Equal("resume");
    }

    [Test]
    public void Another_journal_is_found()
    {
        _check.Joined(new("f", 40), isRecovered: false);
        Promises().Should().Equal("resume");
    }

    [Test]
    public void An_event_before_the_snapshot_is_found()
    {
        _check.Joined(new("e", 14), isRecovered: false);
        Hear(13);
        Promises().Should().Equal("protocol");
    }

    [TestCase("1/3 2/3 3/3", "")]
    [TestCase("1/3 3/3", "protocol")]
    [TestCase("2/2", "protocol")]
    [TestCase("1/2 1/2", "protocol")]
    [TestCase("1/2 2/3", "protocol")]
    [TestCase("1/0", "protocol")]
    public void The_parts_of_a_snapshot_come_all_and_in_order(string parts, string promises)
    {
        foreach (var part in parts.Split(' ').Select(part => part.Split('/').Select(long.Parse).ToArray()))
            _check.HeardPart(10, part[0], part[1]);

        string.Join(' ', Promises().Distinct()).Should().Be(promises);
    }

    [Test]
    public void A_member_that_is_told_other_bytes_than_the_others_is_found()
    {
        var record = Record();
        record.Hear(0, 5, Frame("x"));
        record.Hear(1, 5, Frame("x"));
        Promises().Should().BeEmpty();

        record.Hear(2, 5, Frame("y"));

        _breaches.Kept.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Promise = "content", Client = 2, Seq = 5 });
    }

    [Test]
    public void A_command_that_takes_effect_twice_is_found()
    {
        var record = Record();
        record.Hear(0, 5, Frame("x"));
        record.Hear(0, 6, Frame("x"));
        Promises().Should().Equal("twice");
    }

    [Test]
    public void The_first_who_hears_an_event_writes_it_down_for_all()
    {
        var asked = 0;
        var record = new ProjectRecord("p", (_, _, _) => new(7, ++asked, 99), _breaches);

        var heard = new[] { 5_000L, 5_000, 1, 5_000, 100_000 }.Select(seq => record.Hear(0, seq, Frame("x"))).ToList();

        heard.Should().Equal(new Heard(7, 1, 99), new Heard(7, 1, 99), new Heard(7, 2, 99), new Heard(7, 1, 99), new Heard(7, 3, 99));
        record.HasEffect(7, 3).Should().BeTrue();
        record.HasEffect(7, 4).Should().BeFalse();
        (record.Count, record.HoleCountUpTo(100_000)).Should().Be((3, 100_000 - 3));
    }

    private ProjectRecord Record() => new("p", (_, _, _) => new(7, 1, 0), _breaches);

    private static byte[] Frame(string text) => Encoding.UTF8.GetBytes(text);

    private void Hear(params long[] seqs)
    {
        foreach (var seq in seqs)
            _check.Heard(seq);
    }

    private IEnumerable<string> Promises() => _breaches.Kept.Select(breach => breach.Promise);
}
