using System.Text;
using System.Text.Json.Nodes;
using EventOnly.Client;

namespace EventOnly.Tools.Replay;

/// <summary>All frames of one client, as they passed, and which of them the script has seen.</summary>
internal sealed class Frames
{
    // The client's loops write while the runner reads.
    private readonly Lock _gate = new();
    private readonly List<(bool Sent, string Text, JsonObject? Content)> _all = [];
    private readonly Dictionary<string, int> _seen = new(StringComparer.Ordinal);
    private readonly Pulse _pulse = new();

    public void Add(bool sent, ReadOnlyMemory<byte> frame)
    {
        var text = Encoding.UTF8.GetString(frame.Span);
        lock (_gate)
            _all.Add((sent, text, sent ? null : JsonNode.Parse(text) as JsonObject));
        _pulse.Beat();
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
                return _all.LastOrDefault(frame => frame.Sent && frame.Text.Contains("\"n\":", StringComparison.Ordinal)).Text;
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
