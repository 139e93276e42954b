using EventOnly.Server.Journals;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging;

namespace EventOnly.Tests.Server.Journals;

/// <summary>A file journal over a simulated disk, which can be closed, robbed of its power and opened again.</summary>
internal sealed class JournalBench(SimulatedDisk disk, JournalOptions? options = null, TimeProvider? time = null) : IDisposable
{
    public const string Folder = "/data";
    public const string Project = Given.ProjectId;
    public const string FirstSegment = "/data/apollo/00000000000000000001.jsonl";

    private readonly JournalOptions _options = Fill(options ?? new());
    private FileJournal? _journal;
    private int _epochs;

    public LogCapture Log { get; } = new();

    public SimulatedDisk Disk { get; } = disk;

    public FileJournal Journal => _journal ??= new(_options, Disk, () => $"{++_epochs:x16}", Logger(), time);

    private static JournalOptions Fill(JournalOptions options)
    {
        options.Folder = Folder;
        return options;
    }

    private ILogger<FileJournal> Logger()
    {
        using var factory = LoggerFactory.Create(builder => builder.AddProvider(Log));
        return factory.CreateLogger<FileJournal>();
    }

    /// <summary>Ends the journal, as the end of its process would; the disk keeps all that was written.</summary>
    public void Close()
    {
        _journal?.Dispose();
        _journal = null;
    }

    public Task<AppendResult> AppendAsync(long expectedHead, params string[] jsons) => AppendAsync(Project, expectedHead, jsons);

    public async Task<AppendResult> AppendAsync(string project, long expectedHead, params string[] jsons) => await Journal.AppendAsync(
        project, expectedHead, [.. jsons.Select((json, i) => Given.Line(expectedHead + 1 + i, json))], default);

    /// <summary>Appends events one by one, each in a write of its own.</summary>
    public async Task FillAsync(int events, int bytes = 10)
    {
        for (var seq = 1; seq <= events; seq++)
            (await AppendAsync(seq - 1, Text(seq, bytes))).Outcome.Should().Be(AppendOutcome.Committed);
    }

    public static string Text(long seq, int bytes = 10) => $$"""{"type":"create","seq":{{seq}},"data":{"text":"{{new string('x', bytes)}}" } }""";

    public async Task<List<string>> ReadAsync(long from = 1, string project = Project)
    {
        var read = new List<string>();
        await foreach (var entry in Journal.ReadAsync(project, from, default))
            read.Add(Given.Text(entry.Json.Span));
        return read;
    }

    public void Dispose() => Close();
}
