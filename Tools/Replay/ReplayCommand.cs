using System.CommandLine;
using EventOnly.Tools.Page;
using EventOnly.Tools.Tail;
using EventOnly.Tools.Traces;

namespace EventOnly.Tools.Replay;

/// <summary>The verb <c>replay</c>.</summary>
internal static class ReplayCommand
{
    private static readonly Argument<FileInfo[]> s_files = new Argument<FileInfo[]>("file")
    {
        Description = "Scripts to play, one after the other. Their grammar is docs/scripts.md.", Arity = ArgumentArity.ZeroOrMore,
    }.AcceptExistingOnly();

    private static readonly Option<FileInfo[]> s_traces = new Option<FileInfo[]>("--trace")
    {
        Description = "Recorded sessions of people who write a text, to play instead of scripts: docs/scripts.md names their form.", AllowMultipleArgumentsPerToken = true,
    }.AcceptExistingOnly();

    private static readonly Option<int> s_writers = new("--writers")
    {
        Description = "Clients that make the edits of a trace in turns. 1 writes on without waiting.", DefaultValueFactory = _ => 2,
    };

    private static readonly Option<string?> s_url = new("--url")
    {
        Description = "The server to play against, such as ws://localhost:8080/ws. Without it, one is started on a free port.",
    };

    private static readonly Option<FileInfo?> s_serverDll = new("--server-dll") { Description = "The server to start: EventOnly.Server.dll, or the published program." };

    private static readonly Option<string?> s_project = new("--project")
    {
        Description = "The project to play in. Without it, a new one at each run, so that a script can be played again and again.",
    };

    private static readonly Option<double> s_speed = new("--speed")
    {
        Description = "How many times faster than written the moments (\"at\") pass.", DefaultValueFactory = _ => 1,
    };

    private static readonly Option<double> s_timeout = new("--timeout")
    {
        Description = "Seconds that a line may take that does not say it (\"within\"), and an edit of a trace.", DefaultValueFactory = _ => 5,
    };

    private static readonly Option<bool> s_quiet = new("--quiet") { Description = "Only what came of it." };

    /// <summary>A script of more lines is shown as progress, one of fewer line by line.</summary>
    private const int LinesShown = 200;

    /// <summary>Each is a client with a state of its own in this process.</summary>
    private const int WritersMax = 64;

    public static Command Make()
    {
        s_url.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !PageCommand.IsSocket(text))
                result.AddError($"'{text}' is not an address that begins with ws: or wss:.");
        });
        s_project.Validators.Add(ServerOption.RefuseWhatIsNoProject);
        foreach (var option in new[] { s_speed, s_timeout })
        {
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<double>() is not (> 0 and <= 86_400))
                    result.AddError($"{option.Name} must be more than 0.");
            });
        }

        s_writers.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is not (>= 1 and <= WritersMax))
                result.AddError($"{s_writers.Name} must be 1 to {WritersMax}.");
        });

        var command = new Command("replay", "Plays scripts: clients act, and what they and the others should see is checked. Or traces of people who write a text.")
        {
            s_files, s_traces, s_writers, s_url, s_serverDll, s_project, s_speed, s_timeout, s_quiet,
        };
        command.Validators.Add(result =>
        {
            var (files, traces) = (result.GetResult(s_files)?.Tokens.Count > 0, result.GetResult(s_traces)?.Tokens.Count > 0);
            if (files == traces)
                result.AddError(files ? "Name scripts or traces, not both." : $"Name scripts, or traces by {s_traces.Name}.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        try
        {
            if (parsed.GetValue(s_traces) is { Length: > 0 } traces)
                return await PlayTracesAsync(parsed, traces, ct);
            var scripts = await Script.LoadAsync(parsed.GetRequiredValue(s_files), error.WriteLine, ct); // all, before the first is played

            await using var server = parsed.GetValue(s_url) is null ? await OwnServer.StartAsync(parsed.GetValue(s_serverDll), ct) : null;
            var uri = server?.Uri ?? new Uri(parsed.GetValue(s_url)!);
            var options = new RunnerOptions
            {
                Project = parsed.GetValue(s_project), Speed = parsed.GetValue(s_speed), StepTimeout = TimeSpan.FromSeconds(parsed.GetValue(s_timeout)),
                Restart = server is null ? null : server.RestartAsync,
            };

            var exitCode = ExitCode.Ok;
            foreach (var script in scripts)
            {
                var verdict = await PlayAsync(script, uri, options, parsed.GetValue(s_quiet), output, ct);
                await (verdict.Passed ? output : error).WriteLineAsync(verdict.ToString());
                exitCode = verdict.Passed ? exitCode : ExitCode.Failed;
            }
            return exitCode;
        }
        catch (Exception wrong) when (wrong is ScriptException or TraceException or ServerException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(wrong.Message);
            return ExitCode.WrongUsage;
        }
    }

    private static async Task<int> PlayTracesAsync(ParseResult parsed, FileInfo[] traces, CancellationToken ct)
    {
        OwnServer? own = null; // none is started for what needs none
        try
        {
            var options = new TraceOptions { Writers = parsed.GetValue(s_writers), Project = parsed.GetValue(s_project), StepTimeout = TimeSpan.FromSeconds(parsed.GetValue(s_timeout)) };
            return await TraceRun.RunAsync(
                traces, async () => parsed.GetValue(s_url) is { } url ? new Uri(url) : (own ??= await OwnServer.StartAsync(parsed.GetValue(s_serverDll), ct)).Uri,
                options, parsed.GetValue(s_quiet), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, ct);
        }
        finally
        {
            if (own is not null)
                await own.DisposeAsync();
        }
    }

    private static Task<Verdict> PlayAsync(Script script, Uri uri, RunnerOptions options, bool isQuiet, TextWriter output, CancellationToken ct)
    {
        if (script.Lines.Count > LinesShown)
        {
            return Terminal.WithProgressAsync($"replay {script.Name}", isQuiet, progress =>
            {
                var done = 0;
                return ScriptRunner.RunAsync(script, uri, options with { OnLine = _ => progress(++done / (double)script.Lines.Count) }, ct);
            });
        }
        Action<ScriptLine>? show = isQuiet || Console.IsOutputRedirected ? null : line => output.WriteLine($"{line.Number,4}  {EventLine.Harmless(line.Text)}");
        return ScriptRunner.RunAsync(script, uri, options with { OnLine = show }, ct);
    }
}
