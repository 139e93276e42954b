using System.CommandLine;

namespace EventOnly.Tools.Record;

/// <summary>The verb <c>record</c>.</summary>
internal static class RecordCommand
{
    private static readonly string[] s_redactions = ["users", "texts"];

    public static Command Make()
    {
        var project = ServerOption.Project();
        var output = new Option<FileInfo>("--output", "-o") { Description = "The script to write.", Required = true };
        var url = ServerOption.Make($"The server to record from. Without it and --data: {ServerOption.Default}.");
        var data = new Option<DirectoryInfo?>("--data") { Description = "A data folder to record from, or a copy of one; also while a server uses it." };
        var from = new Option<long?>("--from") { Description = "The first event. What was there before it is made anew. Without it: the first there is." };
        var to = new Option<long?>("--to") { Description = "The last event. Without it: the last there is." };
        var follow = new Option<bool>("--follow") { Description = "Goes on with what happens on the server, until Ctrl+C." };
        var redact = new Option<string[]>("--redact")
        {
            Description = "users, texts or both (users,texts): pseudonyms in their place.", AllowMultipleArgumentsPerToken = true,
            CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(','))],
        };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        redact.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string[]>()?.FirstOrDefault(word => !s_redactions.Contains(word)) is { } unknown)
                result.AddError($"'{unknown}' cannot be redacted; {string.Join(", ", s_redactions)} can.");
        });
        var command = new Command("record", "Writes a replay script of what happened in a project.") { project, output, url, data, from, to, follow, redact, quiet };
        command.Validators.Add(result =>
        {
            if (result.GetValue(data) is not null && (result.GetValue(url) is not null || result.GetValue(follow)))
                result.AddError("--data is a past: it has neither --url nor --follow.");
        });
        command.SetAction((parsed, ct) =>
        {
            var words = parsed.GetValue(redact) ?? [];
            var recording = new Recording(
                parsed.GetRequiredValue(project), new(words.Contains("users"), words.Contains("texts")), parsed.GetValue(from), parsed.GetValue(to),
                parsed.GetValue(quiet), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            return recording.RunAsync(
                parsed.GetRequiredValue(output).FullName, parsed.GetValue(data)?.FullName, new Uri(parsed.GetValue(url) ?? ServerOption.Default), parsed.GetValue(follow), ct);
        });
        return command;
    }
}
