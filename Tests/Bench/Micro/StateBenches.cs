using BenchmarkDotNet.Attributes;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Bench.Micro;

/// <summary>An event folded into a state, which stays as it was for whoever holds it; and what goes into the state's hash.</summary>
public class StateBenches
{
    private ProjectState _state = ProjectState.Empty;
    private ProjectEvent? _happened;
    private Entity? _card;

    [Params(100, 10_000)]
    public int Entities { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var data = JsonFields.Parse("""{"title":"The quick brown fox","text":"jumps over the lazy dog","votes":3,"done":false}"""u8);
        _state = ProjectState.FromSnapshot(Entities, Enumerable.Range(0, Entities).Select(i => new Entity($"card-{i:00000000}", "card", 1 + i, data)));
        _card = new("card-00000005", "card", 6, data);
        _happened = new(
            Entities + 1, 1_763_712_000_123, "ann", "0123456789012345678901", 1, false,
            [new Change.Patched("card-00000005", Entities + 1, JsonFields.Parse("""{"title":"The lazy dog","votes":4}"""u8))]);
    }

    [Benchmark]
    public ProjectState FoldEvent() => Fold.Apply(_state, _happened!);

    [Benchmark]
    public Refusal? Decide() => Decider.Decide(_state, new Command.Patch("card-00000005", _card!.Data, null), Entities + 1, StateLimits.Default, out _, out _);

    [Benchmark]
    public Entity HashEntity() => new(_card!.Id, _card.Kind, _card.Version, _card.Data);
}
