using System.CommandLine;
using EventOnly.Tools;
using EventOnly.Tools.Load;
using EventOnly.Tools.Page;
using EventOnly.Tools.Record;
using EventOnly.Tools.Replay;
using EventOnly.Tools.Tail;

var root = new RootCommand("Tools around an EventOnly server.") { ReplayCommand.Make(), RecordCommand.Make(), TailCommand.Make(), PageCommand.Make(), LoadCommand.Make() };
var parsed = root.Parse(args);
var exitCode = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? ExitCode.WrongUsage : exitCode;
