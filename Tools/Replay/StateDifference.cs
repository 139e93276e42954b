using EventOnly.Protocol.State;

namespace EventOnly.Tools.Replay;

/// <summary>Which entities two states hold differently.</summary>
internal static class StateDifference
{
    public static IEnumerable<string> Between(string leftName, ProjectState left, string rightName, ProjectState right)
    {
        if (left.Seq != right.Seq)
            yield return $"{leftName} stands at {left.Seq}, {rightName} at {right.Seq}";
        foreach (var id in left.Entities.Keys.Union(right.Entities.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (mine, theirs) = (left.Entities.GetValueOrDefault(id), right.Entities.GetValueOrDefault(id));
            if (mine?.Hash != theirs?.Hash)
                yield return $"{id}: {leftName} has {mine?.ToString() ?? "nothing"}, {rightName} has {theirs?.ToString() ?? "nothing"}";
        }
    }
}
