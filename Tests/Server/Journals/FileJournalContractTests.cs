using EventOnly.Server.Journals;
using EventOnly.Tests.Contracts;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Server.Journals;

/// <summary>The file journal keeps the promises of every journal, whatever its durability and however often its segments roll, and with old events dropped.</summary>
[TestFixture(Durability.Disk, 64 * 1024 * 1024)]
[TestFixture(Durability.Disk, 1024)]
[TestFixture(Durability.Os, 1024)]
[TestFixture(Durability.Disk, 1024, 1)]
public sealed class FileJournalContractTests(Durability durability, int segmentBytesMax, int keepEvents = 0) : JournalContract
{
    private string _folder = "";
    private FileJournal? _journal;

    protected override IJournal NewJournal()
    {
        _folder = Directory.CreateTempSubdirectory("eventonly-").FullName;
        var options = new JournalOptions { Folder = _folder, Durability = durability, SegmentBytesMax = segmentBytesMax, KeepEvents = keepEvents };
        return _journal = FileJournal.OnDisk(options, () => Guid.NewGuid().ToString("n")[16..], NullLogger<FileJournal>.Instance);
    }

    protected override Task DropAsync()
    {
        _journal?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }
}
