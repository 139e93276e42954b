using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Support;

/// <summary>
/// Somebody who writes in the text <c>notes</c> of the entity <c>a</c>, by the rules for clients and nothing else: one edit under way, what is written meanwhile
/// waits, both are moved by what others do. What the server says reaches it when it takes it, in order.
/// </summary>
internal sealed class Writer(ProjectBench bench, string name)
{
    private readonly Queue<ServerMessage> _line = new();
    private long _seq;
    private long _n;
    private string _confirmed = "";

    public string View { get; private set; } = "";

    /// <summary>What it said last and has no answer to.</summary>
    public Delta? UnderWay { get; private set; }

    public Delta? Waiting { get; private set; }

    public int Rebases { get; private set; }

    public bool IsDone => UnderWay is null && Waiting is null;

    public void Enter()
    {
        bench.Enter(name);
        Take(int.MaxValue);
    }

    public void Write(Delta delta)
    {
        View = AnyText.Changed(View, delta);
        Waiting = Waiting?.Compose(delta) ?? delta;
        if (Waiting.IsEmpty)
            Waiting = null;
    }

    /// <summary>Says what waits, if nothing is under way.</summary>
    public void Say()
    {
        if (UnderWay is not null || Waiting is null)
            return;
        (UnderWay, Waiting, _n) = (Waiting, null, _n + 1);
        Repeat();
    }

    /// <summary>Says what is under way again, as after a line that broke.</summary>
    public void Repeat()
    {
        if (UnderWay is { IsEmpty: false })
            bench.Submit(name, _n, new Command.Edit("a", "notes", _seq, UnderWay));
    }

    /// <summary>Hears the next of what it was told.</summary>
    public void Take(int messages)
    {
        foreach (var message in bench[name].HeardNow())
            _line.Enqueue(message);
        for (; messages > 0 && _line.TryDequeue(out var message); messages--)
            Hear(message);
    }

    private void Hear(ServerMessage message)
    {
        switch (message)
        {
            case ServerMessage.Snapshot part:
                _seq = part.Seq;
                View = _confirmed = part.Entities.Single().Texts["notes"]!.Text.ToString();
                break;
            case ServerMessage.Happened { Event: var happened }:
                happened.Seq.Should().Be(_seq + 1);
                _seq = happened.Seq;
                if (happened.Changes[0] is Change.Edited edited)
                    Hear(edited, isOwn: happened.Session == bench[name].Session);
                break;
            case ServerMessage.Reject { Refusal.Code: ErrorCode.Rebase }:
                Rebases++;
                Take(int.MaxValue); // an answer may overtake the events before it
                if (UnderWay is { IsEmpty: true })
                    UnderWay = null; // it was not taken, and there is nothing left of it to be said again
                Repeat();
                break;
            case ServerMessage.Reject refused:
                throw new InvalidOperationException($"{name} was refused: {refused.Refusal}");
        }
    }

    private void Hear(Change.Edited edited, bool isOwn)
    {
        _confirmed = AnyText.Changed(_confirmed, edited.Delta);
        _confirmed.Length.Should().Be(edited.Length);
        if (isOwn)
        {
            edited.Delta.Should().Be(UnderWay, "both sides move an edit the same way");
            UnderWay = null;
            return;
        }
        var heard = edited.Delta;
        if (UnderWay is { } underWay)
            (UnderWay, heard) = (underWay.Transform(heard, Side.Left), heard.Transform(underWay, Side.Right));
        if (Waiting is { } waiting)
        {
            (Waiting, heard) = (waiting.Transform(heard, Side.Left), heard.Transform(waiting, Side.Right));
            if (Waiting.IsEmpty)
                Waiting = null; // others did all of it
        }
        View = AnyText.Changed(View, heard);
    }
}
