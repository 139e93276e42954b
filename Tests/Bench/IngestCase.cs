using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;

namespace EventOnly.Tests.Bench;

/// <summary>
/// The way of an `update` of 200 bytes through one project, without socket and journal: decode, decide and fold and encode, commit. One thread, as in a
/// project's loop.
/// </summary>
internal sealed class IngestCase
{
    private const string ProjectId = "apollo";

    private readonly byte[] _frame = Encoding.UTF8.GetBytes(
        """{"type":"update","project":"apollo","n":10000000,"entity":"card-0000000","patch":{"title":"The quick brown fox jumps over the lazy dog, again and again, 0000","column":"doing","rank":1000}}""");

    private readonly Random _chance = new(1);
    private readonly WireCodec _codec = new(WireLimits.Default);
    private readonly Draft _draft = new();
    private readonly Submission[] _batch;
    private readonly Member _member;
    private readonly int _entities;
    private readonly (int N, int Entity, int Title, int Rank) _places;
    private long _n = 10_000_000;

    /// <param name="entities">How many the project has; each update is of any of them.</param>
    /// <param name="batch">How many are decided in one turn.</param>
    /// <param name="others">Members besides the sender.</param>
    public IngestCase(int entities, int batch, int others = 0)
    {
        (_entities, _batch) = (entities, new Submission[batch]);
        _places = (_frame.AsSpan().IndexOf("10000000"u8), _frame.AsSpan().IndexOf("0000000\",\"patch"u8), _frame.AsSpan().IndexOf("0000\",\"column"u8), _frame.AsSpan().IndexOf("1000}}"u8));
        Project = new(ProjectId, new JournalHead("e", 1, 0), new ProjectOptions { EntitiesMax = int.MaxValue / 100, ProjectBytesMax = 1L << 40 }, ProjectState.FromSnapshot(1, Enumerable.Range(0, entities).Select(Card)));
        _member = Enter("writer");
        for (var i = 0; i < others; i++)
            Enter($"reader-{i}");
    }

    public Project Project { get; }

    public int FrameBytes => _frame.Length;

    private static Entity Card(int i) => new(
        string.Create(CultureInfo.InvariantCulture, $"card-{i:D7}"), "card", 1,
        JsonFields.Parse("""{"assignee":"ann","column":"todo","done":false,"due":"2026-11-21","points":3,"rank":1,"title":"A title of ordinary length","votes":0}"""u8));

    /// <summary>Takes what is for it, and never reads it.</summary>
    private sealed class Deaf : IPeer
    {
        public Mailbox Mailbox { get; } = new(1 << 20);

        public void Wake()
        {
        }

        public void End(CloseCode code)
        {
        }
    }

    private Member Enter(string session)
    {
        var member = new Member(session, new Deaf());
        Project.Join(member, session, new("j", ProjectId, session, null, [], Listen: true, null), out _);
        return member;
    }

    /// <summary>The next command as its bytes become a submission.</summary>
    public void Decode()
    {
        for (var i = 0; i < _batch.Length; i++)
        {
            Write(_places.N, 8, ++_n);
            Write(_places.Entity, 7, _chance.Next(_entities));
            Write(_places.Title, 4, _n % 10_000);
            Write(_places.Rank, 4, 1000 + _n % 9000);
            if (!_codec.TryDecode(_frame, out ClientMessage? message, out _) || message is not ClientMessage.Submit submit)
                throw new BrokenPromiseException("A command was not understood.");
            _batch[i] = new(_member, submit.N, submit.Command);
        }
    }

    public void Decide()
    {
        Project.Decide(_batch, 1_763_712_000_000, _draft);
        if (_draft.Entries.Count != _batch.Length)
            throw new BrokenPromiseException("A command was refused.");
    }

    public void Commit()
    {
        Project.Commit(_draft, _batch);
        Project.TapesMoved = false;
        Project.Touched.Clear();
    }

    /// <summary>Measures for a while.</summary>
    public IngestCost Measure(TimeSpan time)
    {
        long decode = 0, decide = 0, commit = 0, events = 0, bytes = 0, commitBytes = 0;
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < time; events += _batch.Length)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            Decode();
            var decoded = Stopwatch.GetTimestamp();
            Decide();
            var decided = Stopwatch.GetTimestamp();
            var between = GC.GetAllocatedBytesForCurrentThread();
            Commit();
            (decode, decide, commit) = (decode + decoded - start, decide + decided - decoded, commit + Stopwatch.GetTimestamp() - decided);
            (bytes, commitBytes) = (bytes + between - allocated, commitBytes + GC.GetAllocatedBytesForCurrentThread() - between);
        }
        var ns = 1e9 / Stopwatch.Frequency / events;
        return new(decode * ns, decide * ns, commit * ns, bytes / (double)events, commitBytes / (double)events);
    }

    private void Write(int place, int digits, long number) =>
        Utf8Formatter.TryFormat(number, _frame.AsSpan(place, digits), out _, new System.Buffers.StandardFormat('D', (byte)digits));
}

/// <summary>What an event costs on average, in nanoseconds by stage; the bytes are those of decoding and deciding, and apart from them those of the commit.</summary>
internal sealed record IngestCost(double DecodeNs, double DecideNs, double CommitNs, double Bytes, double CommitBytes);
