using System.CommandLine;
using EventOnly.Client;

namespace EventOnly.Tools.Tail;

/// <summary>The verb <c>tail</c>.</summary>
internal static class TailCommand
{
    public static Command Make()
    {
        var project = ServerOption.Project();
        var url = ServerOption.Make($"The server. Without it: {ServerOption.Default}.");
        var from = new Option<long?>("--from") { Description = "The first event to show; 0 for the first there is. Without it: what happens from now on." };
        var to = new Option<long?>("--to") { Description = "The last event to show; then it ends." };
        var json = new Option<bool>("--json") { Description = "Each event as its line of JSON." };
        var command = new Command("tail", "Follows the events of a project, until Ctrl+C.") { project, url, from, to, json };
        command.SetAction(async (parsed, ct) =>
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var output = OutputPipe.TryOpen(over.Cancel) ?? parsed.InvocationConfiguration.Output;
            return await RunAsync(
                new Uri(parsed.GetValue(url) ?? ServerOption.Default), parsed.GetRequiredValue(project), parsed.GetValue(from), parsed.GetValue(to),
                parsed.GetValue(json), output, parsed.InvocationConfiguration.Error, over.Token);
        });
        return command;
    }

    internal static async Task<int> RunAsync(
        Uri uri, string project, long? from, long? to, bool isJson, TextWriter output, TextWriter error, CancellationToken ct)
    {
        try
        {
            await using var client = await Terminal.WatchAsync(uri, project, "tail", ct);
            var feed = new EventFeed(
                client,
                happened => output.WriteLine(isJson
                    ? EventLine.Json(project, happened, forTerminal: !Console.IsOutputRedirected)
                    : EventLine.ForPeople(happened, Terminal.HasColours)),
                error.WriteLine, error.WriteLine);
            await feed.RunAsync(from, to, follows: true, ct);
            return ExitCode.Ok;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return ExitCode.Ok; // Ctrl+C is how it ends
        }
        catch (IOException gone) when (OutputPipe.IsBroken(gone))
        {
            return ExitCode.Ok; // or by `head -1`, which has seen enough
        }
        catch (EventOnlyException wrong)
        {
            await error.WriteLineAsync($"{uri}: {EventLine.Harmless(wrong.Message)}");
            return ExitCode.WrongUsage;
        }
    }
}
