using EventOnly.Server.Journals;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Bench;

/// <summary>Journals as the server makes them, with counted files.</summary>
internal static class BenchJournals
{
    public static FileJournal Open(string folder, CountingFiles files, Durability durability = Durability.Disk) =>
        new(new() { Folder = folder, Durability = durability }, files, NewEpoch, NullLogger<FileJournal>.Instance);

    /// <summary>For what is prepared or not about the disk: it syncs nothing.</summary>
    public static FileJournal OpenWithoutSync(string folder) => Open(folder, new(new DiskFiles(), syncs: false), Durability.Os);

    public static string NewEpoch() => Guid.NewGuid().ToString("n")[16..];
}
