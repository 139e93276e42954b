using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class MailboxTests
{
    private Mailbox _mailbox = new(0);

    [SetUp]
    public void SetUp() => _mailbox = new(bytesMax: 100);

    [Test]
    public void All_frames_that_wait_are_taken_at_once_in_the_order_they_were_posted()
    {
        _mailbox.TryPost(Given.Utf8("first"));
        _mailbox.TryPost(Given.Utf8("second"));

        (Taken(), Taken(), _mailbox.TryTake(out _)).Should().Be(("firstsecond", "nothing", false));
    }

    [Test]
    public void What_was_taken_stays_as_it_is_while_others_post()
    {
        _mailbox.TryPost(Given.Utf8("first"));
        _mailbox.TryTake(out var frames);

        for (var i = 0; i < 20; i++)
            _mailbox.TryPost(Given.Utf8("later"));

        Given.Text(frames.Span).Should().Be("first");
    }

    [Test]
    public void It_keeps_what_it_has_when_it_grows()
    {
        var box = new Mailbox(bytesMax: 1 << 20);
        for (var i = 0; i < 1000; i++)
            box.TryPost(Given.Utf8($"{i:0000}"));

        box.TryTake(out var frames);

        Given.Text(frames.Span).Should().Be(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i:0000}")));
    }

    [Test]
    public void What_does_not_fit_is_refused()
    {
        _mailbox.TryPost(new byte[60]).Should().BeTrue();
        _mailbox.TryPost(new byte[41]).Should().BeFalse();
        _mailbox.TryPost(new byte[40]).Should().BeTrue();
    }

    [Test]
    public void An_empty_box_takes_a_frame_however_large() => _mailbox.TryPost(new byte[1000]).Should().BeTrue();

    [Test]
    public void Last_words_are_taken_even_when_it_is_full()
    {
        _mailbox.TryPost(new byte[100]);

        _mailbox.PostAlways(Given.Utf8("goodbye"));

        Taken().Should().EndWith("goodbye").And.HaveLength(107);
    }

    [Test]
    public void There_is_room_at_once_where_the_frame_fits()
    {
        _mailbox.TryPost(new byte[60]);

        _mailbox.RoomAsync(40, CancellationToken.None).IsCompletedSuccessfully.Should().BeTrue();
    }

    [Test]
    public async Task Who_waits_for_room_is_told_when_there_is_some()
    {
        _mailbox.TryPost(new byte[100]);
        var room = _mailbox.RoomAsync(20, CancellationToken.None);
        room.IsCompleted.Should().BeFalse();

        _mailbox.TryTake(out _);

        await room.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Test]
    public void A_frame_that_does_not_fit_into_a_box_half_empty_waits_instead_of_trying_in_circles()
    {
        _mailbox.TryPost(new byte[30]);
        _mailbox.TryPost(new byte[90]).Should().BeFalse();

        _mailbox.RoomAsync(90, CancellationToken.None).IsCompleted.Should().BeFalse();
    }

    [Test]
    public async Task A_frame_larger_than_the_box_gets_its_turn_when_the_box_is_empty()
    {
        _mailbox.TryPost(new byte[10]);
        _mailbox.TryPost(new byte[10]);
        var posted = PostAsync(new byte[1000]);

        while (!posted.IsCompleted || _mailbox.TryTake(out _))
        {
            _mailbox.TryTake(out _);
            await Task.Yield();
        }

        await posted;

        async Task PostAsync(byte[] frame)
        {
            while (!_mailbox.TryPost(frame))
                await _mailbox.RoomAsync(frame.Length, CancellationToken.None);
        }
    }

    [Test]
    public async Task Who_waits_for_room_stops_with_the_connection()
    {
        using var ended = new CancellationTokenSource();
        _mailbox.TryPost(new byte[100]);
        var room = _mailbox.RoomAsync(20, ended.Token);

        await ended.CancelAsync();

        await FluentActions.Awaiting(() => room).Should().ThrowAsync<OperationCanceledException>();
    }

    private string Taken() => _mailbox.TryTake(out var frame) ? Given.Text(frame.Span) : "nothing";
}
