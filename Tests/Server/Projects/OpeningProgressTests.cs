using EventOnly.Server.Projects;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging;

namespace EventOnly.Tests.Server.Projects;

internal sealed class OpeningProgressTests
{
    [Test]
    public void A_long_opening_is_told_once_a_second_and_a_short_one_not_at_all()
    {
        using var log = new LogCapture();
        var time = new ManualTime();
        var progress = new OpeningProgress("apollo", 10 * OpeningProgress.EventsPerLook, time, log.CreateLogger("Projects"));
        for (var seq = 1L; seq <= 10 * OpeningProgress.EventsPerLook; seq++)
        {
            if (seq % OpeningProgress.EventsPerLook == 1)
                time.Advance(TimeSpan.FromMilliseconds(300));
            progress.At(seq);
        }

        log.Entries.Select(entry => entry.Message).Should().Equal(
            "Project apollo is being opened: 16384 events so far, 40 %", "Project apollo is being opened: 32768 events so far, 80 %");
        log.Entries.Should().OnlyContain(entry => entry.Level == LogLevel.Information && entry.Id == 210);
    }
}
