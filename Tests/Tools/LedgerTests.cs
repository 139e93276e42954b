using EventOnly.Tools.Load;

namespace EventOnly.Tests.Tools;

/// <summary>What a publisher of a load knows of its own commands.</summary>
[Parallelizable]
public sealed class LedgerTests
{
    private Ledger _ledger = null!;

    [SetUp]
    public void Begin() => _ledger = new(new Contents(1, "p", payloadBytes: 0));

    [Test]
    public void At_the_end_what_is_open_what_was_refused_and_what_never_went_are_told_apart()
    {
        Send(3);
        _ledger.Add(Act.Create, 0);

        _ledger.Settle(1);
        _ledger.Refuse(2);
        var end = _ledger.Close();

        end.Open.Should().Equal(3);
        end.ToldByRefused[false].Should().Equal(1);
        end.ToldByRefused[true].Should().Equal(2);
        end.Waiting.Should().Be(1);
    }

    [Test]
    public void What_was_refused_for_now_is_sent_again_once_it_is_time_and_does_not_count_as_first()
    {
        Send(2);

        _ledger.Postpone(2, until: 100);

        _ledger.OweDue(99).Should().Be(0);
        _ledger.Next(out _).Should().BeNull();
        _ledger.OweDue(100).Should().Be(1);
        _ledger.Next(out var isFirst)!.N.Should().Be(2);
        isFirst.Should().BeFalse();
        _ledger.OweDue(200).Should().Be(0, "it is once for each refusal");
    }

    [Test]
    public void A_join_that_tells_of_all_numbers_leaves_nothing_postponed()
    {
        Send(2);
        _ledger.Postpone(1, until: 100);

        _ledger.OweAfterJoin([2]).Should().Be(1);

        _ledger.Next(out _)!.N.Should().Be(2);
        _ledger.OweDue(100).Should().Be(0);
    }

    [Test]
    public void What_a_command_said_is_told_once_after_its_answer()
    {
        Send(1);

        _ledger.AwaitEvent(_ledger.Settle(1)!);

        _ledger.Settle(1).Should().BeNull("that is known already");
        _ledger.Heard(1).Should().NotBeNull();
        _ledger.Heard(1).Should().BeNull();
    }

    [Test]
    public void The_first_command_of_a_project_makes_what_the_others_change()
    {
        _ledger.Seed();
        var seed = _ledger.Next(out _)!;
        _ledger.Settle(1);
        _ledger.Add(Act.Update, 0);
        var update = _ledger.Next(out _)!;

        Text(seed).Should().Contain("\"type\":\"batch\"").And.Contain("\"shared-0\"");
        Text(update).Should().Contain("\"type\":\"update\"").And.Contain("\"shared-");
    }

    private static string Text(InFlight command) => System.Text.Encoding.UTF8.GetString(command.Frame.Span);

    private void Send(int count)
    {
        for (var i = 0; i < count; i++)
            _ledger.Add(Act.Create, 0);
        for (var i = 0; i < count; i++)
        {
            _ledger.Next(out var isFirst).Should().NotBeNull();
            isFirst.Should().BeTrue();
        }
    }
}
