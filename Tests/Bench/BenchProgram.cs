using EventOnly.Tests.Bench.Load;
using Spectre.Console;

namespace EventOnly.Tests.Bench;

/// <summary>Runs a bench in a folder of its own and tells its figures.</summary>
internal static class BenchProgram
{
    /// <summary>As shells say it of a program that was interrupted.</summary>
    private const int Interrupted = 130;

    /// <returns>0; 1 where events were lost, doubled or out of order; 2 where this machine cannot measure it.</returns>
    public static async Task<int> RunAsync(BenchEntry bench, BenchArguments asked, IAnsiConsole console, TextWriter progress)
    {
        Directory.CreateDirectory(asked.Folder);
        if (Machine.FileSystemOf(asked.Folder) is "tmpfs" or "ramfs")
        {
            await progress.WriteLineAsync($"{Path.GetFullPath(asked.Folder)} is in memory: name a folder on a disk by --folder.");
            return 2;
        }
        var folder = Directory.CreateDirectory(Path.Combine(asked.Folder, $".bench-{Guid.NewGuid():n}")).FullName;
        try
        {
            var run = new BenchRun(folder, asked.Sizes, what => progress.WriteLine($"  {what} ..."), asked.Only);
            var machine = Machine.Look(folder, TimeProvider.System);
            var others = new OtherPrograms();
            await MeasureAsync(bench, run);
            if (others.Describe() is { } note)
                run.Note(note);
            Report.Print(console, machine, run.Rows, run.Notes);
            if (asked.Json is not null)
                await File.WriteAllTextAsync(asked.Json, Report.ToJson(bench.Name, machine, run.Rows, run.Notes) + "\n");
            if (asked.Record is not null)
                await RecordAsync(asked.Record, bench.Name, machine, run);
            foreach (var failure in run.Failures)
                await progress.WriteLineAsync($"A promise is broken: {failure}");
            return run.Failures.Count == 0 ? 0 : 1;
        }
        catch (Exception) when (ServerProcess.IsEnding)
        {
            await progress.WriteLineAsync("Ended before its time.");
            return Interrupted;
        }
        catch (NotMeasurableException missing)
        {
            await progress.WriteLineAsync(missing.Message);
            return 2;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The rows until something failed are kept.</summary>
    internal static async Task MeasureAsync(BenchEntry bench, BenchRun run)
    {
        try
        {
            await bench.RunAsync(run);
        }
        catch (BrokenPromiseException broken) when (!ServerProcess.IsEnding)
        {
            run.Fail($"{bench.Name}: {broken.Message}");
        }
    }

    private static async Task RecordAsync(string folder, string bench, Machine machine, BenchRun run)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, $"{bench}.md"), Report.ToMarkdown(bench, machine, run.Rows, run.Notes));
        await File.WriteAllTextAsync(Path.Combine(folder, $"{bench}.json"), Report.ToJson(bench, machine, run.Rows, run.Notes) + "\n");
        await File.WriteAllTextAsync(Path.Combine(folder, $"{bench}.svg"), BarChart.Draw($"./run.sh bench {bench}, {machine.Name}, {machine.Date}", run.Rows) + "\n");
    }
}
