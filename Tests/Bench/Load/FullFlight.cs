using System.Diagnostics;

namespace EventOnly.Tests.Bench.Load;

/// <summary>
/// As much as a server takes: each publisher keeps so many of its events in flight and says the next when its own come back. Publishers wait for
/// the others where these are far behind on average: a member must not fall off for want of our own reading.
/// </summary>
/// <param name="window">Events of one publisher in flight.</param>
internal sealed class FullFlight(LoadLoop loop, Crew crew, CrewShape shape, int window)
{
    /// <summary>Events that members may be behind on average.</summary>
    private const int BehindMax = 512;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_stall = TimeSpan.FromMilliseconds(200);

    private readonly long _first = loop.Advanced;
    private long _lastHeard;
    private long _lastMoved = Stopwatch.GetTimestamp();

    /// <summary>Hears who is about to send how many.</summary>
    public Action<LoadConnection, int>? Sending { get; set; }

    /// <summary>For so long, and until at least one event came back: of nothing there is no figure.</summary>
    public void RunFor(TimeSpan time)
    {
        var (began, moved) = (Stopwatch.GetTimestamp(), Moved);
        while (Stopwatch.GetElapsedTime(began) is var passed && (passed < time || (Moved == moved && passed < s_patience)))
        {
            Fill();
            loop.Turn(1);
            ForgiveLosses();
        }
    }

    private long Moved => loop.Advanced + loop.Acknowledged;

    private void Fill()
    {
        foreach (var publisher in crew.Publishers)
        {
            var room = window - (int)(publisher.Sent - publisher.Acked);
            if (room == 0 || AreBehind())
                continue;
            Sending?.Invoke(publisher, room);
            crew.Publish(publisher, room);
        }
    }

    private bool AreBehind()
    {
        if (!crew.AuthorsHear)
            return false; // then what is in flight says it all
        var sent = 0L;
        foreach (var publisher in crew.Publishers)
            sent += publisher.Sent;
        return sent - ((loop.Advanced - _first) / shape.Members) > (long)BehindMax * shape.Groups;
    }

    /// <summary>A broadcast that was dropped never comes back to its author: where all stands still, nothing is in flight any more.</summary>
    private void ForgiveLosses()
    {
        var heard = loop.Deliveries + loop.Acknowledged; // where authors are answered only, nothing is delivered to anybody
        if (heard != _lastHeard)
            (_lastHeard, _lastMoved) = (heard, Stopwatch.GetTimestamp());
        else if (Stopwatch.GetElapsedTime(_lastMoved) > s_stall)
            crew.Complete();
    }
}
