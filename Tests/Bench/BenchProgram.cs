using Spectre.Console;

namespace EventOnly.Tests.Bench;

/// <summary>Runs a bench in a folder of its own and tells its figures.</summary>
internal static class BenchProgram
{
    /// <returns>0; 1 where events were lost, doubled or out of order; 2 where there is no disk to measure.</returns>
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
            var run = new BenchRun(folder, asked.Sizes, what => progress.WriteLine($"  {what} ..."));
            var machine = Machine.Look(folder, TimeProvider.System);
            await bench.RunAsync(run);
            Report.Print(console, machine, run.Rows);
            if (asked.Json is not null)
                await File.WriteAllTextAsync(asked.Json, Report.ToJson(bench.Name, machine, run.Rows) + "\n");
            if (asked.Record is not null)
                await RecordAsync(asked.Record, bench.Name, machine, run.Rows);
            return 0;
        }
        catch (BrokenPromiseException broken)
        {
            await progress.WriteLineAsync($"A promise is broken; no figure counts. {broken.Message}");
            return 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RecordAsync(string folder, string bench, Machine machine, IReadOnlyList<Row> rows)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, $"{bench}.md"), Report.ToMarkdown(bench, machine, rows));
        await File.WriteAllTextAsync(Path.Combine(folder, $"{bench}.json"), Report.ToJson(bench, machine, rows) + "\n");
    }
}
