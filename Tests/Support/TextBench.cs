using System.Text.Json;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Support;

/// <summary>An entity <c>a</c> with a text <c>notes</c>, which is decided and folded as a server does, each command an event of its own.</summary>
internal sealed class TextBench
{
    private readonly StateLimits _limits;
    private readonly List<ProjectEvent> _events = [];

    public TextBench(string text = "", StateLimits? limits = null)
    {
        _limits = limits ?? StateLimits.Default;
        State = new(ProjectState.Empty) { Limits = _limits };
        Do(Given.Create("a", $$"""{"notes":{"$text":{{JsonSerializer.Serialize(text)}}},"title":"Milk","votes":1}""")).Should().BeNull();
    }

    private TextBench(ProjectState kept, StateLimits limits) => (_limits, State) = (limits, new(kept) { Limits = limits });

    public StateBuilder State { get; }

    public long Seq => State.Seq;

    public SharedText Shared => State.Find("a")!.Texts["notes"]!;

    public string Text => Shared.Text.ToString();

    public IReadOnlyList<ProjectEvent> Events => _events;

    /// <summary>The change that the newest event made.</summary>
    public Change.Edited Edited => (Change.Edited)_events[^1].Changes[0];

    public Refusal? Edit(Delta delta, long? from = null, string field = "notes") => Do(new Command.Edit("a", field, from ?? Seq, delta));

    public Refusal? Insert(int at, string text, long? from = null) => Edit(Delta.Replace(at, 0, text), from);

    public Refusal? Do(Command command)
    {
        var seq = Seq + 1;
        if (Decider.Decide(State, command, seq, _limits, out var changes) is { } refusal)
            return refusal;
        State.Settle(seq, seq, "session", seq);
        _events.Add(new(seq, seq, "ann", "session", seq, command is Command.Batch, changes));
        return null;
    }

    /// <summary>The same after a restart from a state that was kept as it is now.</summary>
    public TextBench Restarted()
    {
        var (output, codec, state) = (new Utf8Buffer(), new WireCodec(WireLimits.Trusted), State.ToState());
        return new(ProjectState.Restore(state.Seq, state.AtMs, state.Entities.Select(entity =>
        {
            output.Clear();
            WireCodec.Encode(output, entity.Value);
            return KeyValuePair.Create(entity.Key, codec.TryDecodeEntity(output.Written, state.Seq)!);
        }).ToList(), state.Sessions), _limits);
    }
}
