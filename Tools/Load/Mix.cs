using System.Globalization;

namespace EventOnly.Tools.Load;

/// <summary>What a publisher may do.</summary>
internal enum Act
{
    Create,
    Update,
    Delete,
    Batch,
    Broadcast,
}

/// <summary>How often each is done, against the others.</summary>
internal sealed record Mix(IReadOnlyDictionary<Act, int> Weights)
{
    private const int WeightMax = 1_000_000;

    private readonly (Act Act, int Until)[] _ladder = LadderOf(Weights);

    public static Mix Default { get; } = new(new Dictionary<Act, int> { [Act.Create] = 1, [Act.Update] = 8, [Act.Broadcast] = 1 });

    /// <summary>Reads <c>create=1,update=8</c>; else says what is wrong with it.</summary>
    public static bool TryParse(string text, out Mix mix, out string wrong)
    {
        var weights = new Dictionary<Act, int>();
        (mix, wrong) = (Default, "");
        foreach (var part in text.Split(','))
        {
            var sides = part.Split('=', StringSplitOptions.TrimEntries);
            if (sides is not [var word, var number] || ActOf(word) is not { } act)
                wrong = $"'{part.Trim()}' is not create=N, update=N, delete=N, batch=N or broadcast=N.";
            else if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var weight) || weight > WeightMax)
                wrong = $"'{number}' is not a whole number from 0 to {WeightMax}.";
            else if (!weights.TryAdd(act, weight))
                wrong = $"'{word}' stands twice.";
            if (wrong.Length > 0)
                return false;
        }
        if (weights.Values.Sum() == 0)
        {
            wrong = "Nothing is left to be done.";
            return false;
        }
        mix = new(weights);
        return true;
    }

    /// <summary>The word an act has on the command line and on the wire.</summary>
    public static string WordOf(Act act) => act switch
    {
        Act.Create => "create",
        Act.Update => "update",
        Act.Delete => "delete",
        Act.Batch => "batch",
        _ => "broadcast",
    };

    public Act Pick(Random random)
    {
        var at = random.Next(_ladder[^1].Until);
        foreach (var (act, until) in _ladder)
        {
            if (at < until)
                return act;
        }
        return _ladder[^1].Act;
    }

    private static Act? ActOf(string word) => Enum.GetValues<Act>().Where(act => WordOf(act) == word).Select(act => (Act?)act).FirstOrDefault();

    private static (Act, int)[] LadderOf(IReadOnlyDictionary<Act, int> weights)
    {
        var until = 0;
        return [.. weights.Where(weight => weight.Value > 0).OrderBy(weight => weight.Key).Select(weight => (weight.Key, until += weight.Value))];
    }
}
