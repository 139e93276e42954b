using EventOnly.Protocol.Wire;
using EventOnly.Tools.Load;

namespace EventOnly.Tests.Tools;

/// <summary>At most 64 numbers under way, and the moments they were meant for kept.</summary>
[Parallelizable]
public sealed class WindowTests
{
    private Window _window = null!;

    [SetUp]
    public void Begin() => _window = new();

    [Test]
    public void Beyond_64_commands_wait_with_their_moments()
    {
        Add(70);
        Take().Should().HaveCount(WireLimits.InFlight);
        (_window.OpenCount, _window.WaitingCount).Should().Be((64, 6));

        _window.Settle(1).Should().NotBeNull();

        Take().Should().ContainSingle().Which.Should().BeEquivalentTo(new { N = 65, IntendedAt = 1065 });
    }

    [Test]
    public void Numbers_stay_within_64_of_each_other_though_later_ones_are_settled()
    {
        Add(70);
        Take();
        for (var n = 2; n <= 64; n++)
            _window.Settle(n);

        Take().Should().BeEmpty("number 1 is open, and 65 is 64 above it");
    }

    [Test]
    public void What_is_owed_goes_first_and_in_order_with_its_own_bytes()
    {
        Add(3);
        var first = Take();
        Add(1);
        _window.Owe(3);
        _window.Owe(2);
        _window.Settle(1);

        Take().Select(sent => sent.N).Should().Equal(2, 3, 4);
        first[1].Frame.Span[0].Should().Be(2);
    }

    [Test]
    public void What_is_settled_is_settled_once_and_owed_no_more()
    {
        Add(1);
        Take();
        _window.Settle(1).Should().NotBeNull();
        _window.Settle(1).Should().BeNull();
        _window.Owe(1);
        Take().Should().BeEmpty();
        _window.IsQuiet.Should().BeTrue();
    }

    [Test]
    public void A_moment_is_known_until_64_others_came()
    {
        Add(64);
        Take();
        _window.IntendedAt(1).Should().Be(1001);
        _window.Settle(1);
        Add(1);
        Take();
        _window.IntendedAt(1).Should().Be(0);
        _window.IntendedAt(65).Should().Be(1001, "it was added first of its own row");
    }

    private void Add(int count)
    {
        for (var i = 1; i <= count; i++)
            _window.Add(Act.Update, 1000 + i);
    }

    private List<InFlight> Take()
    {
        var taken = new List<InFlight>();
        while (_window.TryNext((_, n) => new[] { (byte)n }, out var next))
            taken.Add(next);
        return taken;
    }
}
