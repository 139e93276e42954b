using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace EventOnly.Tests.Bench.Micro;

/// <summary>The pieces of an event's path by themselves, by BenchmarkDotNet, in this process: what a change of one of them is worth.</summary>
internal static class MicroBenches
{
    /// <param name="filter">Names of classes and methods, with <c>*</c> for anything; all where it is empty.</param>
    public static int Run(string? filter)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"eventonly-micro-{Guid.NewGuid():n}");
        var config = DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .WithArtifactsPath(folder);
        try
        {
            var summaries = BenchmarkSwitcher.FromAssembly(typeof(MicroBenches).Assembly).Run(["--filter", filter ?? "*"], config);
            return summaries.Any(summary => summary.Reports.Length > 0 && summary.Reports.All(report => report.Success)) ? 0 : 1;
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }
}
