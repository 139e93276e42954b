using EventOnly.Tests.Bench;
using EventOnly.Tests.Bench.Load;
using EventOnly.Tests.Bench.Micro;
using EventOnly.Tests.Bench.Peers;
using Spectre.Console;

if (args is [SignalRPeer.Argument])
{
    await SignalRPeer.RunAsync();
    return 0;
}

if (args is ["micro", ..] and { Length: <= 2 })
    return MicroBenches.Run(args.ElementAtOrDefault(1));

BenchArguments asked;
try
{
    asked = BenchArguments.Read(args);
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"{wrong.Message}\n\n{BenchArguments.Help}");
    return 2;
}
if (asked.Bench is null)
{
    foreach (var entry in Benches.All)
        Console.WriteLine($"{entry.Name,-12} {entry.Summary}");
    Console.WriteLine($"{"micro",-12} pieces of the path by themselves, by BenchmarkDotNet; with a filter: micro '*Wire*'");
    Console.WriteLine($"\n{BenchArguments.Help}");
    return 0;
}
Contender.ServerDll = asked.Server ?? Contender.ServerDll;
return await BenchProgram.RunAsync(Benches.All.First(bench => bench.Name == asked.Bench), asked, AnsiConsole.Console, Console.Error);
