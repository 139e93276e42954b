using System.Diagnostics;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Tools.Replay;

namespace EventOnly.Tools.Traces;

/// <summary>How a trace is played.</summary>
internal sealed record TraceOptions
{
    /// <summary>One writes on without waiting, as people do; several write in turns, each when it has seen the edit before.</summary>
    public int Writers { get; init; } = 2;

    /// <summary>The project to play in; without it a new one.</summary>
    public string? Project { get; init; }

    /// <summary>How long the clients may take to connect, an edit to come back, and a writer to see it.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Told how many edits are in the journal.</summary>
    public Action<int>? OnEdit { get; init; }
}

/// <summary>
/// Plays a trace through real clients over real sockets, and compares what each has in the end, and one who comes only then, with what was recorded.
/// </summary>
internal static class TracePlayer
{
    /// <summary>Edits that one writer may be ahead of the journal: what is typed while an edit is under way becomes one with the next, and must not grow without end.</summary>
    private const int AheadMax = 64;

    private const string Entity = "text", Field = "notes";

    public static async Task<TraceVerdict> PlayAsync(SequentialTrace trace, Uri uri, TraceOptions options, CancellationToken ct = default)
    {
        var project = options.Project ?? new ProjectNames(Guid.NewGuid().ToString("n")[..8]).IdOf(trace.Name);
        var writers = new List<EventOnlyClient>();
        try
        {
            for (var i = 0; i < options.Writers; i++)
                writers.Add(await ConnectAsync(uri, project, $"writer-{i + 1}", options, ct));
            var sessions = await OpenAsync(writers, trace.Start, options, ct);
            var (before, began) = (writers[0].Seq, Stopwatch.GetTimestamp());
            var head = options.Writers == 1 ? await TypeAsync(trace, sessions[0], options, ct) : await TakeTurnsAsync(trace, writers, sessions, options, ct);
            foreach (var writer in writers)
                await writer.WaitForSeqAsync(head, ct).WaitAsync(options.StepTimeout, ct);
            var elapsed = Stopwatch.GetElapsedTime(began);

            var late = await ConnectAsync(uri, project, "reader", options, ct);
            writers.Add(late);
            var difference = sessions.Append(late.OpenText(Entity, Field)).Select(session => DifferenceOf(session.Value, trace.End)).FirstOrDefault(found => found is not null);
            return new(trace.Name, options.Writers, trace.Edits.Count, head - before, elapsed, difference);
        }
        catch (Exception wrong) when (wrong is RejectedException or ClosedException or QueueFullException or TimeoutException)
        {
            return new(trace.Name, options.Writers, trace.Edits.Count, 0, TimeSpan.Zero, wrong.Message);
        }
        finally
        {
            foreach (var writer in writers)
                await writer.DisposeAsync();
        }
    }

    private static async Task<EventOnlyClient> ConnectAsync(Uri uri, string project, string user, TraceOptions options, CancellationToken ct)
    {
        // No gap: it spares the others a frame for each keystroke, and here each keystroke is one.
        var chosen = new ClientOptions { Project = project, UserName = user, RetryInitialConnect = false, TextGap = TimeSpan.Zero };
        var client = await EventOnlyClient.ConnectAsync(uri, chosen, ct).WaitAsync(options.StepTimeout, ct);
        await client.ReadyAsync(ct).WaitAsync(options.StepTimeout, ct);
        return client;
    }

    /// <summary>The text as the trace begins, open at each writer.</summary>
    private static async Task<List<TextSession>> OpenAsync(List<EventOnlyClient> writers, string start, TraceOptions options, CancellationToken ct)
    {
        var made = await writers[0].CreateAsync("trace", JsonFields.Parse("""{"notes":{"$text":""}}"""u8), Entity, ct).WaitAsync(options.StepTimeout, ct);
        var seq = made.Seq;
        if (start.Length > 0) // by an edit, which the client divides where it is too much for a message
            seq = (await writers[0].OpenText(Entity, Field).InsertAsync(0, start, ct).WaitAsync(options.StepTimeout, ct)).Seq;
        foreach (var writer in writers)
            await writer.WaitForSeqAsync(seq, ct).WaitAsync(options.StepTimeout, ct);
        return [.. writers.Select(writer => writer.OpenText(Entity, Field))];
    }

    /// <returns>The seq of the last edit.</returns>
    private static async Task<long> TakeTurnsAsync(
        SequentialTrace trace, List<EventOnlyClient> writers, List<TextSession> sessions, TraceOptions options, CancellationToken ct)
    {
        var seq = writers[0].Seq;
        for (var i = 0; i < trace.Edits.Count; i++)
        {
            var turn = i % writers.Count;
            await writers[turn].WaitForSeqAsync(seq, ct).WaitAsync(options.StepTimeout, ct);
            seq = (await sessions[turn].EditAsync(trace.Edits[i], ct).WaitAsync(options.StepTimeout, ct)).Seq;
            options.OnEdit?.Invoke(i + 1);
        }
        return seq;
    }

    /// <returns>The seq of the last edit.</returns>
    private static async Task<long> TypeAsync(SequentialTrace trace, TextSession session, TraceOptions options, CancellationToken ct)
    {
        var (seq, done) = (0L, 0);
        var ahead = new Queue<Task<Ack>>();
        foreach (var edit in trace.Edits)
        {
            ahead.Enqueue(session.EditAsync(edit, ct));
            while (ahead.Count >= AheadMax || (ahead.Count > 0 && ahead.Peek().IsCompleted))
                await SettleAsync();
        }
        while (ahead.Count > 0)
            await SettleAsync();
        return seq;

        async Task SettleAsync()
        {
            seq = Math.Max(seq, (await ahead.Dequeue().WaitAsync(options.StepTimeout, ct)).Seq);
            options.OnEdit?.Invoke(++done);
        }
    }

    private static string? DifferenceOf(string text, string end)
    {
        if (string.Equals(text, end, StringComparison.Ordinal))
            return null;
        var same = text.AsSpan().CommonPrefixLength(end);
        return FormattableString.Invariant($"the text ends otherwise than recorded, from unit {same} of {end.Length} on: it has {text.Length}");
    }
}
