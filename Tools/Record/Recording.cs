using System.Text;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Tools.Tail;

namespace EventOnly.Tools.Record;

/// <summary>One run of <c>record</c>: brings the events of a server or of a folder to the recorder, and its lines into a file.</summary>
internal sealed class Recording(string project, Redaction redaction, long? from, long? to, bool isQuiet, TextWriter output, TextWriter error)
{
    private readonly Recorder _recorder = new(project, redaction);

    /// <param name="file">Written beside its place and put there when it is whole.</param>
    public async Task<int> RunAsync(string file, string? data, Uri uri, bool follows, CancellationToken ct)
    {
        var part = file + ".part";
        try
        {
            await using (var script = new StreamWriter(part, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
            {
                if (data is not null)
                    await FromFolderAsync(Path.Combine(data, project), script, ct);
                else
                    await FromServerAsync(uri, follows, script, ct);
                await script.WriteLineAsync(_recorder.End());
            }
            File.Move(part, file, overwrite: true);
            await output.WriteLineAsync($"{file}: {_recorder.Events} events; a replay ends at seq {_recorder.State.Seq} with hash {_recorder.State.Hash}");
            return ExitCode.Ok;
        }
        catch (Exception wrong) when (wrong is RecordException or EventOnlyException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            File.Delete(part);
            await error.WriteLineAsync(wrong is OperationCanceledException ? "Stopped; nothing was written." : EventLine.Harmless(wrong.Message));
            return ExitCode.WrongUsage;
        }
    }

    private async Task FromFolderAsync(string folder, StreamWriter script, CancellationToken ct)
    {
        if (!Directory.Exists(folder))
            throw new RecordException($"There is no folder '{folder}'.");
        var files = SegmentFiles.In(folder);
        var floor = files.Length == 0 ? 0 : (await SegmentFiles.HeadAsync(files[0], ct))?.After ?? 0;
        if (floor > 0)
            throw new RecordException($"The journal in '{folder}' begins after event {floor}, and what was there before stands in none of its lines. Record it from a server: --url.");
        await Terminal.WithProgressAsync($"record {project}", isQuiet, async progress =>
        {
            var (before, bytes, done, begun) = (ProjectState.Empty, files.Sum(file => file.Length), 0L, false);
            await foreach (var happened in SegmentFiles.ReadAsync(files, error.WriteLine, ct))
            {
                if (happened.Seq > to)
                    break;
                if (happened.Seq < from)
                {
                    before = Fold.Apply(before, happened);
                    continue;
                }
                if (!begun)
                    Write(script, _recorder.Begin(before));
                begun = true;
                Write(script, _recorder.Take(happened));
                if (++done % 1024 == 0)
                    progress(bytes == 0 ? 1 : Math.Min(1, script.BaseStream.Position / (double)bytes));
            }
            if (!begun)
                Write(script, _recorder.Begin(before));
            return true;
        });
    }

    private async Task FromServerAsync(Uri uri, bool follows, StreamWriter script, CancellationToken ct)
    {
        await using var client = await Terminal.WatchAsync(uri, project, "record", ct);
        var first = from is > 0 ? from.Value : client.Floor + 1;
        var before = ProjectState.Empty;
        if (first > 1)
            await Patience.AskAsync(async () => before = await client.ServerStateAtAsync(first - 1, ct), error.WriteLine, ct);
        Write(script, _recorder.Begin(before));
        var last = Math.Min(client.Seq, to ?? long.MaxValue);
        if (follows && !isQuiet)
            await error.WriteLineAsync("Recording, until Ctrl+C.");
        await Terminal.WithProgressAsync($"record {project}", isQuiet || follows, async progress =>
        {
            var feed = new EventFeed(
                client,
                happened =>
                {
                    Write(script, _recorder.Take(happened));
                    if (happened.Seq % 1024 == 0)
                        progress((happened.Seq - first + 1) / (double)Math.Max(1, last - first + 1));
                },
                hole => throw new RecordException(hole), error.WriteLine);
            try
            {
                await feed.RunAsync(first, to, follows, ct);
            }
            catch (OperationCanceledException) when (follows && ct.IsCancellationRequested)
            {
                // Ctrl+C is how it ends.
            }
            return true;
        });
    }

    private static void Write(StreamWriter script, IEnumerable<string> lines)
    {
        foreach (var line in lines)
            script.WriteLine(line);
    }
}
