using EventOnly.Client;
using EventOnly.Protocol.Wire;
using EventOnly.Tools;

namespace EventOnly.Tests.Tools;

public sealed class PatienceTests
{
    private static async Task<(int Asked, List<string> Waits)> AskAsync(ErrorCode code)
    {
        var (asked, waits) = (0, new List<string>());
        await FluentActions.Awaiting(() => Patience.AskAsync(
            () =>
            {
                asked++;
                throw new RejectedException(new(code, "No."), retryAfterMs: 0);
            },
            waits.Add, CancellationToken.None)).Should().ThrowAsync<RejectedException>();
        return (asked, waits);
    }

    [Test]
    public async Task What_cannot_be_answered_just_now_is_asked_again_but_not_for_ever([Values(ErrorCode.Unavailable, ErrorCode.RateLimited)] ErrorCode code)
    {
        var (asked, waits) = await AskAsync(code);

        asked.Should().Be(60);
        waits.Should().ContainSingle("people are told once");
    }

    [Test]
    public async Task What_asking_again_does_not_help_is_asked_once([Values(ErrorCode.Internal, ErrorCode.Gone)] ErrorCode code)
    {
        var (asked, waits) = await AskAsync(code);

        asked.Should().Be(1);
        waits.Should().BeEmpty();
    }
}
