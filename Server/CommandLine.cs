namespace EventOnly.Server;

/// <summary>The settings that have a short name on the command line, and what to say when one is not known.</summary>
internal static class CommandLine
{
    public static Dictionary<string, string> Names { get; } = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--port"] = "EventOnly:Port",
        ["--host"] = "EventOnly:Host",
        ["--data"] = "EventOnly:Journal:Folder",
        ["--durability"] = "EventOnly:Journal:Durability",
        ["--log"] = "Logging:LogLevel:Default",
    };

    public const string Help = """
        EventOnly: an event server over one WebSocket.

          --port N             TCP port (8080; 0 = any free one)
          --host WHERE         localhost (default), any, or an IP address
          --allow-origin URL   one more origin whose pages may connect; "null" for pages opened from disk
          --data FOLDER        where the events are kept (data)
          --durability LEVEL   what an acknowledged event survives: disk (default; loss of power), os (the end of the process), memory (nothing)
          --log LEVEL          Debug, Information (default), Warning, Error
          --EventOnly:NAME V   any setting by its full name, as in appsettings.json

        Without serving: verify DATA, repair DATA PROJECT (docs/durability.md).

        The same by environment: EventOnly__Port=9000, EventOnly__AllowedOrigins__0=https://example.org
        """;

    private const string AllowOrigin = "--allow-origin";

    /// <summary>For tests of the WebSocket layer, so the help does not tell of it.</summary>
    private const string Echo = "--echo";

    /// <summary>
    /// Spells out what has no value, and what may be given more than once: each origin gets a place of its own, behind those of appsettings.json.
    /// </summary>
    public static string[] Spell(string[] args)
    {
        var place = 1000;
        return [.. args.Select(arg => arg == AllowOrigin || arg.StartsWith(AllowOrigin + "=", StringComparison.Ordinal)
            ? $"--EventOnly:AllowedOrigins:{place++}{arg[AllowOrigin.Length..]}"
            : arg == Echo ? "--EventOnly:Echo=true" : arg)];
    }

    /// <summary>A sentence on the first argument that means nothing; null where all mean something.</summary>
    public static string? Complain(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == Echo)
                continue;
            var name = args[i].Split('=', 2)[0];
            var isKnown = Names.ContainsKey(name) || name == AllowOrigin || name.StartsWith("--EventOnly:", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase);
            if (!isKnown)
                return $"'{args[i]}' is not a setting. --help lists them.";
            if (!args[i].Contains('=', StringComparison.Ordinal) && ++i == args.Length)
                return $"'{name}' needs a value.";
        }
        return null;
    }
}
