using System.Text.Json;
using EventOnly.Server.Journals;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Proofs;

/// <summary>A data folder of a test, and what stands in it once no server has it open.</summary>
internal sealed class Data : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("eventonly-").FullName;

    public string FirstSegment => Path.Combine(Folder, "apollo", "00000000000000000001.jsonl");

    public Task<List<Noted>> ReadAsync(string project = "apollo") => ReadAsync(Folder, project);

    /// <summary>All events of a project; every line is checked on the way.</summary>
    public static async Task<List<Noted>> ReadAsync(string folder, string project = "apollo")
    {
        using var journal = FileJournal.OnDisk(new() { Folder = folder }, () => "0123456789abcdef", NullLogger<FileJournal>.Instance);
        var events = new List<Noted>();
        await foreach (var entry in journal.ReadAsync(project, 1, default))
        {
            using var json = JsonDocument.Parse(entry.Json);
            var root = json.RootElement;
            events.Add(new(root.GetProperty("seq").GetInt64(), root.GetProperty("session").GetString()!, root.GetProperty("n").GetInt64()));
        }
        return events;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
