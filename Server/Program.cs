using System.Net.Sockets;
using EventOnly.Server;
using EventOnly.Server.Upkeep;

if (args is ["--help" or "-h" or "-?"])
{
    Console.WriteLine(CommandLine.Help);
    return 0;
}
if (await UpkeepVerbs.RunAsync(args, Console.Out, Console.Error, isTerminal: !Console.IsErrorRedirected) is { } exitCode)
    return exitCode;
if (CommandLine.Complain(args) is { } complaint)
    return Refuse(complaint);

try
{
    await using var application = ServerApplication.Build(args);
    await application.StartAsync();
    var address = application.Urls.First().Replace("127.0.0.1", "localhost", StringComparison.Ordinal).Replace("[::]", "localhost", StringComparison.Ordinal).TrimEnd('/');
    Console.WriteLine($"EventOnly is ready. Page: {address}  Socket: {address.Replace("http", "ws", StringComparison.Ordinal)}/ws  (Ctrl-C ends it)");
    await application.WaitForShutdownAsync();
    return 0;
}
catch (Exception wrong) when (wrong is WrongSettingException or IOException or FormatException or SocketException)
{
    return Refuse(wrong.Message); // FormatException: appsettings.json is not JSON; IOException, SocketException: the port or address cannot be had
}

// One clear line, where a person and a supervisor look for it.
static int Refuse(string message)
{
    Console.Error.WriteLine($"EventOnly cannot start: {message}");
    return 2;
}
