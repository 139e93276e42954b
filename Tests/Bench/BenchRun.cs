using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench;

/// <summary>How long and how much to measure.</summary>
internal sealed record Sizes
{
    /// <summary>For figures to believe.</summary>
    public static Sizes Usual { get; } = new();

    /// <summary>For a look: all rows of a bench in less than three minutes.</summary>
    public static Sizes Short { get; } = new()
    {
        RowTime = TimeSpan.FromSeconds(1), WarmUpTime = TimeSpan.FromSeconds(0.3), RawTime = TimeSpan.FromSeconds(0.4), ReplayEvents = 200_000, IdleProjects = 2_000,
        LongTextEdits = 50_000, WindowTexts = 4,
        IsShort = true, Rounds = 1, Connections = 1000, FlatTime = TimeSpan.FromSeconds(5), GrowthMembers = [10, 100, 1000], SmallProjects = 200, Connects = 500, StormClients = 500,
    };

    /// <summary>For figures to keep.</summary>
    public static Sizes Long { get; } = new() { RowTime = TimeSpan.FromSeconds(10), RawTime = TimeSpan.FromSeconds(2), Rounds = 5, FlatTime = TimeSpan.FromMinutes(5) };

    /// <summary>For a test that all rows run.</summary>
    public static Sizes Tiny { get; } = new()
    {
        RowTime = TimeSpan.FromMilliseconds(20), WarmUpTime = TimeSpan.FromMilliseconds(10), RawTime = TimeSpan.FromMilliseconds(10), Writers = [1, 4], Projects = [1, 2], EventsMax = 200_000,
        ReplayEvents = 2_000, ReplayEntities = 10, SnapshotEntities = 100, TailEvents = 10, RestartEvents = 500, IdleProjects = 20,
        IngestEntities = [10, 100], HasPeers = false, Rounds = 1, Members = 20, Connections = 20, FlatTime = TimeSpan.FromMilliseconds(50), GrowthMembers = [2, 10], AckConnections = 4, SmallProjects = 4, Connects = 20,
        StormClients = 10, StormEntities = 2000, StormOthers = 4, Starts = 1,
        TypedEdits = 2_000, ComparedEdits = 500, LongTextUnits = 100_000, LongTextEdits = 500, WindowTexts = 1, LiveTexts = 4,
    };

    public bool IsShort { get; init; }

    public TimeSpan RowTime { get; init; } = TimeSpan.FromSeconds(4);

    public TimeSpan WarmUpTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the disk's own rate is measured each time.</summary>
    public TimeSpan RawTime { get; init; } = TimeSpan.FromSeconds(1);

    public int[] Writers { get; init; } = [1, 16, 256];

    public int[] Projects { get; init; } = [1, 16, 256];

    /// <summary>Events after which a row of appends ends before its time: they are all read again and compared.</summary>
    public int EventsMax { get; init; } = 2_000_000;

    public int ReplayEvents { get; init; } = 1_000_000;

    public int ReplayEntities { get; init; } = 1_000;

    public int SnapshotEntities { get; init; } = 100_000;

    public int TailEvents { get; init; } = 1_000;

    public int RestartEvents { get; init; } = 100_000;

    public int IdleProjects { get; init; } = 10_000;

    /// <summary>Whether other servers are measured beside ours.</summary>
    public bool HasPeers { get; init; } = true;

    /// <summary>How often each server of a comparison is measured.</summary>
    public int Rounds { get; init; } = 3;

    public int Members { get; init; } = 1000;

    public int[] GrowthMembers { get; init; } = [10, 100, 1000, 10_000];

    public int AckConnections { get; init; } = 64;

    /// <summary>Projects of ten members each.</summary>
    public int SmallProjects { get; init; } = 1000;

    /// <summary>Connections that are only there.</summary>
    public int Connections { get; init; } = 10_000;

    /// <summary>Time between two looks at the memory of connections that are only there.</summary>
    public TimeSpan FlatTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Connections that are opened to see how fast that goes.</summary>
    public int Connects { get; init; } = 4000;

    public int StormClients { get; init; } = 5000;

    public int StormEntities { get; init; } = 10_000;

    /// <summary>Members who are there before the storm.</summary>
    public int StormOthers { get; init; } = 100;

    public int Starts { get; init; } = 7;

    /// <summary>Edits of one text, at most as many as there are.</summary>
    public int TypedEdits { get; init; } = 259_778;

    /// <summary>The first of these, which others make as well.</summary>
    public int ComparedEdits { get; init; } = 20_000;

    public int LongTextUnits { get; init; } = 10_000_000;

    public int LongTextEdits { get; init; } = 200_000;

    /// <summary>Texts whose windows are filled to see what memory they take.</summary>
    public int WindowTexts { get; init; } = 16;

    /// <summary>Texts that one client edits at once.</summary>
    public int LiveTexts { get; init; } = 64;

    /// <summary>Sizes of the projects that events come in to.</summary>
    public int[] IngestEntities { get; init; } = [100, 10_000, 1_000_000];
}

/// <summary>One run of a bench: what it is to do, and the rows it has so far.</summary>
/// <param name="tell">Hears what is measured next.</param>
/// <param name="only">What the name of a part contains that is to be measured; null: all are.</param>
internal sealed class BenchRun(string folder, Sizes sizes, Action<string> tell, string? only = null)
{
    private readonly List<Row> _rows = [];
    private readonly List<string> _notes = [];
    private readonly List<string> _failures = [];
    private int _folders;

    public Sizes Sizes { get; } = sizes;

    public IReadOnlyList<Row> Rows => _rows;

    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Whose promise is broken, and which: their figures are not among the rows.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public void Tell(string what) => tell(what);

    public void Add(Row row) => _rows.Add(row);

    /// <summary>Something to be told with the figures: what could not be measured, with what it was compared.</summary>
    public void Note(string note)
    {
        if (!_notes.Contains(note))
            _notes.Add(note);
    }

    /// <summary>Does one part of a bench. Where it fails, that is said, and what else is measured counts: hours are not lost by one of many.</summary>
    /// <returns>Whether it did not fail.</returns>
    public bool Attempt(string what, Action work)
    {
        if (only is not null && !what.Contains(only, StringComparison.OrdinalIgnoreCase))
            return false;
        try
        {
            work();
            return true;
        }
        catch (BrokenPromiseException broken) when (!ServerProcess.IsEnding) // else its server was ended by us
        {
            Fail($"{what}: {broken.Message}");
        }
        catch (IOException missing) when (!ServerProcess.IsEnding)
        {
            Note($"Missing: {what}: {missing.Message.ReplaceLineEndings(" ")}");
        }
        return false;
    }

    public void Fail(string failure)
    {
        _failures.Add(failure);
        Note($"A promise is broken, and what it is about is not in the figures: {failure}");
    }

    /// <summary>A folder of its own on the disk that is measured, until the end of the run.</summary>
    public string NewFolder() => Directory.CreateDirectory(Path.Combine(folder, $"{++_folders}")).FullName;

    /// <summary>Does something in a folder of its own on the disk that is measured, which is gone afterwards.</summary>
    public async Task InFolderAsync(Func<string, Task> work)
    {
        var inner = Path.Combine(folder, $"{++_folders}");
        Directory.CreateDirectory(inner);
        try
        {
            await work(inner);
        }
        finally
        {
            Directory.Delete(inner, recursive: true);
        }
    }
}

/// <summary>Events were lost, doubled or out of order: then no figure of it counts.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);
