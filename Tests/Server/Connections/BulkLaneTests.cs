using EventOnly.Server.Connections;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Connections;

[Parallelizable]
public sealed class BulkLaneTests
{
    private BulkLane _lane = new();
    private int _made;

    [SetUp]
    public void SetUp() => (_lane, _made) = (new(), 0);

    [Test]
    public async Task A_frame_is_not_made_before_the_one_before_it_has_been_taken()
    {
        var first = PutAsync("first");
        var (second, third) = (PutAsync("second"), PutAsync("third"));

        (await first, second.IsCompleted, third.IsCompleted, _made).Should().Be((true, false, false, 1));
        Taken().Should().Be("first");
        await second.WaitAsync(RawClient.Patience);
        (third.IsCompleted, _made).Should().Be((false, 2));
        Taken().Should().Be("second");
        await third.WaitAsync(RawClient.Patience);
        (Taken(), Taken()).Should().Be(("third", "nothing"));
    }

    [Test]
    public async Task Who_gives_up_while_waiting_leaves_the_lane_to_the_next()
    {
        using var cancel = new CancellationTokenSource();
        await PutAsync("first");
        var (second, third) = (PutAsync("second", cancel.Token), PutAsync("third"));

        await cancel.CancelAsync();

        await FluentActions.Awaiting(() => second).Should().ThrowAsync<OperationCanceledException>();
        Taken().Should().Be("first");
        await third.WaitAsync(RawClient.Patience);
        Taken().Should().Be("third");
    }

    [Test]
    public async Task A_frame_that_cannot_be_made_leaves_the_lane_to_the_next()
    {
        await FluentActions.Awaiting(() => _lane.PutAsync(() => throw new InvalidDataException(), default).AsTask()).Should().ThrowAsync<InvalidDataException>();

        (await PutAsync("next").WaitAsync(RawClient.Patience)).Should().BeTrue();
    }

    [Test]
    public async Task When_it_is_closed_all_who_wait_are_freed_and_what_is_in_it_can_still_be_taken()
    {
        await PutAsync("first");
        var waiting = Enumerable.Range(0, 3).Select(_ => PutAsync("later")).ToArray();

        _lane.Close();

        (await Task.WhenAll(waiting).WaitAsync(RawClient.Patience)).Should().OnlyContain(put => !put);
        (await PutAsync("too late").WaitAsync(RawClient.Patience)).Should().BeFalse();
        (Taken(), Taken(), _made).Should().Be(("first", "nothing", 1));
    }

    private Task<bool> PutAsync(string text, CancellationToken cancelled = default) => _lane.PutAsync(
        () =>
        {
            _made++;
            return Given.Utf8(text);
        },
        cancelled).AsTask();

    private string Taken() => _lane.TryTake(out var frame) ? Given.Text(frame.Span) : "nothing";
}
