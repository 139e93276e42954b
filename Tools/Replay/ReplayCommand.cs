using System.CommandLine;
using EventOnly.Tools.Page;

namespace EventOnly.Tools.Replay;

/// <summary>The verb <c>replay</c>.</summary>
internal static class ReplayCommand
{
    private static readonly Argument<FileInfo[]> s_files = new Argument<FileInfo[]>("file")
    {
        Description = "Scripts to play, one after the other. Their grammar is docs/scripts.md.", Arity = ArgumentArity.OneOrMore,
    }.AcceptExistingOnly();

    private static readonly Option<string?> s_url = new("--url")
    {
        Description = "The server to play against, such as ws://localhost:8080/ws. Without it, one is started on a free port.",
    };

    private static readonly Option<FileInfo?> s_serverDll = new("--server-dll") { Description = "The server to start: EventOnly.Server.dll." };

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
        Description = "Seconds that a line may take that does not say it (\"within\").", DefaultValueFactory = _ => 5,
    };

    public static Command Make()
    {
        s_url.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !PageCommand.IsSocket(text))
                result.AddError($"'{text}' is not an address that begins with ws: or wss:.");
        });
        foreach (var option in new[] { s_speed, s_timeout })
        {
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<double>() is not (> 0 and <= 86_400))
                    result.AddError($"{option.Name} must be more than 0.");
            });
        }

        var command = new Command("replay", "Plays scripts: clients act, and what they and the others should see is checked.")
        {
            s_files, s_url, s_serverDll, s_project, s_speed, s_timeout,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        try
        {
            var scripts = new List<Script>();
            foreach (var file in parsed.GetRequiredValue(s_files))
                scripts.Add(await Script.LoadAsync(file, ct)); // all, before the first is played

            await using var server = parsed.GetValue(s_url) is null ? await ServerProcess.StartAsync(parsed.GetValue(s_serverDll), ct) : null;
            var uri = server?.Uri ?? new Uri(parsed.GetValue(s_url)!);
            var options = new RunnerOptions
            {
                Project = parsed.GetValue(s_project), Speed = parsed.GetValue(s_speed), StepTimeout = TimeSpan.FromSeconds(parsed.GetValue(s_timeout)),
                OnLine = Console.IsOutputRedirected ? null : line => output.WriteLine($"{line.Number,4}  {line.Text}"),
            };

            var exitCode = ExitCode.Ok;
            foreach (var script in scripts)
            {
                var verdict = await ScriptRunner.RunAsync(script, uri, options, ct);
                await (verdict.Passed ? output : error).WriteLineAsync(verdict.ToString());
                exitCode = verdict.Passed ? exitCode : ExitCode.Failed;
            }
            return exitCode;
        }
        catch (Exception wrong) when (wrong is ScriptException or ServerException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(wrong.Message);
            return ExitCode.WrongUsage;
        }
    }
}
