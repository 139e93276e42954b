using System.CommandLine;
using System.CommandLine.Parsing;
using EventOnly.Protocol.Wire;
using EventOnly.Tools.Page;

namespace EventOnly.Tools;

/// <summary>What verbs that speak to a server have in common.</summary>
internal static class ServerOption
{
    public const string Default = "ws://localhost:8080/ws";

    public static Option<string?> Make(string description)
    {
        var option = new Option<string?>("--url") { Description = description };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !PageCommand.IsSocket(text))
                result.AddError($"'{text}' is not an address that begins with ws: or wss:.");
        });
        return option;
    }

    public static Argument<string> Project()
    {
        var project = new Argument<string>("project") { Description = "The project's id." };
        project.Validators.Add(RefuseWhatIsNoProject);
        return project;
    }

    public static void RefuseWhatIsNoProject(SymbolResult result)
    {
        if (result.Tokens.FirstOrDefault(token => !Names.IsProjectId(token.Value)) is { } wrong)
            result.AddError($"'{wrong.Value}' is not a project's id.");
    }
}
