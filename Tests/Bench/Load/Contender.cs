namespace EventOnly.Tests.Bench.Load;

/// <summary>A server that takes part in a comparison, and what is said to it.</summary>
/// <param name="Start">Starts it with a folder that it may use for itself.</param>
/// <param name="Dialect">For each crew a new one, with a name that no other crew has.</param>
internal sealed record Contender(string Name, Func<string, ServerProcess> Start, Func<string, Dialect> Dialect)
{
    public bool IsEventOnly => Name.StartsWith("EventOnly", StringComparison.Ordinal);

    /// <summary>Whether it is our server, whatever it is called in its row.</summary>
    public bool IsOurs { get; private init; }

    public static Contender Updates { get; } = EventOnly("EventOnly, update");

    public static Contender Broadcasts { get; } = EventOnly("EventOnly, broadcast") with { Dialect = crew => new EventOnlyDialect(crew, broadcasts: true) };

    /// <param name="settings">Of the server, besides the usual.</param>
    public static Contender EventOnly(string name, params string[] settings) => EventOnly(name, () => ["dotnet", ServerDll], settings);

    /// <param name="program">A published server.</param>
    public static Contender Published(string program) => EventOnly("EventOnly, published", () => [program], []);

    private static Contender EventOnly(string name, Func<string[]> program, string[] settings) => new(
        name,
        folder => new ServerProcess([.. program(), "--port", "0", "--data", folder, "--durability", "os", "--log", "Error", .. settings]),
        crew => new EventOnlyDialect(crew))
    { IsOurs = true };

    /// <summary>The build that is measured: the one beside this program where none is named.</summary>
    public static string ServerDll { get; set; } = Path.Combine(AppContext.BaseDirectory, "EventOnly.Server.dll");
}
