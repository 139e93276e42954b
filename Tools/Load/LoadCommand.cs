using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using EventOnly.Tools.Replay;

namespace EventOnly.Tools.Load;

/// <summary>The verb <c>load</c>.</summary>
internal static class LoadCommand
{
    /// <summary>Files a process needs beside its connections.</summary>
    private const int OtherFiles = 200;

    internal const string TokenVariable = "EVENTONLY_TOKEN";

    private static readonly Option<string?> s_url = ServerOption.Make("The server. Without it, one is started on a free port with a data folder that goes afterwards.");
    private static readonly Option<FileInfo?> s_serverDll = new("--server-dll") { Description = "The server to start: EventOnly.Server.dll, or the published program." };
    private static readonly Option<string> s_durability = new("--durability") { Description = "Of a server that is started: disk, os or memory.", DefaultValueFactory = _ => "os" };
    private static readonly Option<int> s_clients = Number("--clients", "Members, each with a connection.", 1000, 1, 1_000_000);
    private static readonly Option<int> s_projects = Number("--projects", "Projects they are spread over.", 10, 1, 1_000_000);
    private static readonly Option<double> s_rate = new("--rate") { Description = "Events a second, of all together.", DefaultValueFactory = _ => 1000 };
    private static readonly Option<string> s_mix = new("--mix") { Description = "How often what is done: create, update, delete, batch, broadcast.", DefaultValueFactory = _ => "create=1,update=8,broadcast=1" };
    private static readonly Option<string> s_ramp = Time("--ramp", "Time over which they connect.", "5s");
    private static readonly Option<string> s_duration = Time("--duration", "Time during which they publish.", "30s");
    private static readonly Option<string> s_settle = Time("--settle", "Time they have afterwards to get what is under way.", "30s");
    private static readonly Option<string> s_slow = new("--slow") { Description = "Share of the clients that read slowly (one message each 100 ms) or with pauses (3 s of 4), and publish nothing.", DefaultValueFactory = _ => "0%" };
    private static readonly Option<bool> s_storm = new("--reconnect-storm") { Description = "Half-way, drop all connections at once." };
    private static readonly Option<int> s_seed = Number("--seed", "The chance by which who does what is chosen.", 1, int.MinValue, int.MaxValue);
    private static readonly Option<int> s_fold = new("--fold") { DefaultValueFactory = _ => LoadPlan.FoldAsUsual, Description = $"Members of each project that fold its events. Without it: all up to {LoadPlan.FoldAllMax} clients, beyond it one of each." };
    private static readonly Option<int> s_payload = Number("--payload", "Bytes of text in a create or a patch.", 100, 0, 60_000);
    private static readonly Option<string?> s_token = new("--token")
    {
        Description = $"What the clients say who they are by; also from the environment variable {TokenVariable}, which other users of the machine cannot read.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } token ? token : null,
    };
    private static readonly Option<string?> s_json = new("--json") { Description = "The report as JSON, to a file or to the output.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> s_quiet = new("--quiet") { Description = "Only what came of it." };

    public static Command Make()
    {
        Check(s_durability, text => text is "disk" or "os" or "memory" ? null : $"'{text}' is not disk, os or memory.");
        Check(s_mix, text => Mix.TryParse(text, out _, out var wrong) ? null : wrong);
        Check(s_slow, text => Quantity.TryShare(text, out _) ? null : $"'{text}' is not a share such as 5%.");
        foreach (var option in new[] { s_ramp, s_duration, s_settle })
            Check(option, text => Quantity.TryDuration(text, out _) ? null : $"'{text}' is not a time of at most a day such as 30s, 500ms or 2m.");
        s_rate.Validators.Add(result =>
        {
            if (Given(result, s_rate) is not (null or (> 0 and <= 10_000_000)))
                result.AddError("--rate must be more than 0 and at most 10,000,000.");
        });
        s_fold.Validators.Add(result =>
        {
            if (!result.Implicit && Given(result, s_fold) < 0)
                result.AddError("--fold must not be negative.");
        });
        var command = new Command("load", "Puts a server under load by headless clients, and checks that it keeps its promises.")
        {
            s_url, s_serverDll, s_durability, s_clients, s_projects, s_rate, s_mix, s_ramp, s_duration, s_settle, s_slow, s_storm, s_seed, s_fold, s_payload,
            s_token, s_json, s_quiet,
        };
        command.Validators.Add(result =>
        {
            if (Given(result, s_projects) > Given(result, s_clients))
                result.AddError("--projects must not be more than --clients: each client is in one project.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    internal static LoadPlan PlanOf(ParseResult parsed)
    {
        return new()
        {
            Clients = parsed.GetValue(s_clients), Projects = parsed.GetValue(s_projects), Rate = parsed.GetValue(s_rate), Mix = Mix.TryParse(parsed.GetRequiredValue(s_mix), out var mix, out _) ? mix : Mix.Default,
            Slow = Quantity.TryShare(parsed.GetRequiredValue(s_slow), out var slow) ? slow : 0,
            Ramp = DurationOf(parsed, s_ramp), Duration = DurationOf(parsed, s_duration), Settle = DurationOf(parsed, s_settle),
            ReconnectStorm = parsed.GetValue(s_storm), Seed = parsed.GetValue(s_seed), Fold = parsed.GetValue(s_fold),
            PayloadBytes = parsed.GetValue(s_payload), Token = parsed.GetValue(s_token),
        };
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var plan = PlanOf(parsed);
        DirectoryInfo? data = null;
        try
        {
            if (OpenFiles.Limit() is { } limit && plan.Clients + OtherFiles > limit)
                throw new ServerException(string.Create(CultureInfo.InvariantCulture, $"{plan.Clients:N0} connections need {plan.Clients + OtherFiles:N0} open files, and this process may have {limit:N0}: raise `ulimit -n`."));
            data = parsed.GetValue(s_url) is null ? Directory.CreateTempSubdirectory("eventonly-load-") : null;
            await using var server = data is null
                ? null
                : await ServerProcess.StartAsync(parsed.GetValue(s_serverDll), ["--data", data.FullName, "--durability", parsed.GetRequiredValue(s_durability)], ct);
            using var site = new LoadSite { Uri = server?.Uri ?? new Uri(parsed.GetValue(s_url)!), Plan = plan };
            var report = await ShowAsync(site, server, parsed.GetValue(s_quiet) ? TextWriter.Null : error, ct);
            await TellAsync(report, parsed, output, error);
            return report.ExitCode;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await error.WriteLineAsync("Stopped before anything could be said about the server.");
            return ExitCode.WrongUsage;
        }
        catch (Exception wrong) when (wrong is ServerException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            await error.WriteLineAsync(wrong.Message);
            return ExitCode.WrongUsage;
        }
        finally
        {
            data?.Delete(recursive: true);
        }
    }

    private static async Task<LoadReport> ShowAsync(LoadSite site, ServerProcess? server, TextWriter progress, CancellationToken ct)
    {
        var run = new LoadRun(site, server is null ? null : () => server.ProcessorTime);
        using var over = new CancellationTokenSource();
        var showing = new LoadProgress(site, run, progress, isTerminal: !Console.IsErrorRedirected).RunAsync(over.Token);
        try
        {
            return await run.RunAsync(ct);
        }
        finally
        {
            await over.CancelAsync();
            await showing;
        }
    }

    /// <summary>Where the JSON goes to the output, the table goes beside it.</summary>
    private static async Task TellAsync(LoadReport report, ParseResult parsed, TextWriter output, TextWriter error)
    {
        var wantsJson = parsed.GetResult(s_json) is not null;
        var file = parsed.GetValue(s_json);
        foreach (var line in LoadTable.Lines(report))
            await (wantsJson && file is null ? error : output).WriteLineAsync(line);
        if (wantsJson && file is null)
            await output.WriteLineAsync(report.ToJson());
        else if (wantsJson)
            await File.WriteAllTextAsync(file!, report.ToJson() + "\n", CancellationToken.None); // of a load that was stopped too
    }

    /// <summary>What was said; null where it is no such value, which the parser tells by itself.</summary>
    private static T? Given<T>(SymbolResult result, Option<T> option) where T : struct
    {
        try
        {
            return result.GetValue(option);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static TimeSpan DurationOf(ParseResult parsed, Option<string> option) =>
        Quantity.TryDuration(parsed.GetRequiredValue(option), out var duration) ? duration : TimeSpan.Zero;

    private static Option<string> Time(string name, string description, string usual) => new(name) { Description = description, DefaultValueFactory = _ => usual };

    private static Option<int> Number(string name, string description, int usual, int min, int max)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (Given(result, option) is { } number && (number < min || number > max))
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be from {min:N0} to {max:N0}."));
        });
        return option;
    }

    private static void Check(Option<string> option, Func<string, string?> wrong) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<string>() is { } text && wrong(text) is { } why)
            result.AddError($"{option.Name}: {why}");
    });
}
