using System.CommandLine;
using System.Text;

namespace EventOnly.Tools.Page;

/// <summary>The verb <c>page</c>.</summary>
internal static class PageCommand
{
    public static Command Make()
    {
        var output = new Option<FileInfo>("--output", "-o") { Description = "The file to write.", DefaultValueFactory = _ => new("board.html") };
        var server = new Option<string?>("--server")
        {
            Description = "The server the page connects to, such as ws://localhost:8080/ws. Start that server with --allow-origin null: "
                + "this is the origin of a page that was opened from disk.",
        };
        server.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !IsSocket(text))
                result.AddError($"'{text}' is not an address that begins with ws: or wss:.");
        });
        var web = new Option<DirectoryInfo>("--web")
        {
            Description = "The folder of the page.", DefaultValueFactory = _ => new(Path.Combine(AppContext.BaseDirectory, "Web")),
        };

        var command = new Command("page", "Writes the page as one file that works when opened from disk.") { output, server, web };
        command.SetAction(parsed =>
        {
            var folder = parsed.GetRequiredValue(web);
            try
            {
                var html = new PageInliner(folder.FullName).Inline("index.html", parsed.GetValue(server) is { } address ? new Uri(address) : null);
                var file = parsed.GetRequiredValue(output);
                File.WriteAllText(file.FullName, html, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
                parsed.InvocationConfiguration.Output.WriteLine($"{file.FullName}: {Encoding.UTF8.GetByteCount(html)} bytes");
                return ExitCode.Ok;
            }
            catch (Exception wrong) when (wrong is PageException or IOException or UnauthorizedAccessException)
            {
                parsed.InvocationConfiguration.Error.WriteLine(wrong.Message);
                return ExitCode.WrongUsage;
            }
        });
        return command;
    }

    internal static bool IsSocket(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "ws" or "wss";
}
