using System.Text;
using System.Text.Json.Nodes;
using EventOnly.Client;

namespace EventOnly.Tools.Replay;

/// <summary>The frames of one client, as they passed, and which of them the script has seen.</summary>
/// <param name="areWatched">Whether any line expects one. Else only the last are kept, and refusals: a script may be as long as a journal.</param>
internal sealed class Frames(bool areWatched = true)
{
    private const int KeptUnwatched = 64;

    // The client's loops write while the runner reads.
    private readonly Lock _gate = new();
    private readonly List<(bool Sent, string Text, JsonObject? Content)> _all = [];
    private readonly Dictionary<string, int> _seen = new(StringComparer.Ordinal);
    private readonly Pulse _pulse = new();
    private string? _last;

    public void Add(bool sent, ReadOnlyMemory<byte> frame)
    {
        var text = Encoding.UTF8.GetString(frame.Span);
        var isRefusal = !sent && text.Contains("\"reject\"", StringComparison.Ordinal);
        lock (_gate)
        {
            if (!areWatched && _all.Count >= KeptUnwatched * 2)
                ForgetSome();
            _all.Add((sent, text, sent || (!areWatched && !isRefusal) ? null : JsonNode.Parse(text) as JsonObject));
        }
        _pulse.Beat();
    }

    private void ForgetSome()
    {
        _last = LastCommand;
        var kept = _all.Where((frame, i) => frame.Content is not null || i >= _all.Count - KeptUnwatched).ToArray();
        _all.Clear();
        _all.AddRange(kept);
    }

    /// <summary>The last frames, for people.</summary>
    public IReadOnlyList<string> Last(int count)
    {
        lock (_gate)
            return [.. _all.TakeLast(count).Select(frame => $"{(frame.Sent ? "->" : "<-")} {frame.Text}")];
    }

    /// <summary>The last command frame that was sent; null if there was none.</summary>
    public string? LastCommand
    {
        get
        {
            lock (_gate)
                return _all.LastOrDefault(frame => frame.Sent && frame.Text.Contains("\"n\":", StringComparison.Ordinal)).Text ?? _last;
        }
    }

    /// <summary>
    /// Waits for the next frame of these types that holds what is wanted. Frames of these types before it count as seen, so that the order is
    /// checked; between types none is promised.
    /// </summary>
    public async Task WaitForAsync(string[] types, JsonObject wanted, CancellationToken ct)
    {
        while (true)
        {
            var next = _pulse.Next;
            if (TryFind(types, wanted))
                return;
            await next.WaitAsync(ct);
        }
    }

    /// <summary>Refusals for good that no line has expected.</summary>
    public IReadOnlyList<string> UnexpectedRejects()
    {
        lock (_gate)
        {
            return [.. _all.Skip(_seen.GetValueOrDefault("reject")).Where(frame => frame.Content?["type"]?.ToString() == "reject"
                && frame.Content["retryable"]?.GetValue<bool>() == false).Select(frame => frame.Text)];
        }
    }

    private bool TryFind(string[] types, JsonObject wanted)
    {
        lock (_gate)
        {
            for (var i = _seen.GetValueOrDefault(types[0]); i < _all.Count; i++)
            {
                if (_all[i].Content is not { } content || !types.Contains(content["type"]?.ToString()) || !Expectation.Holds(content, wanted))
                    continue;
                _seen[types[0]] = i + 1;
                return true;
            }
            return false;
        }
    }
}
