using System.Collections.Concurrent;
using EventOnly.Protocol.State;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>The commands that a loop took together, what they come to, and what the journal says to that. Turns are shared by all projects and used again and
/// again, so that a project in which nothing happens owns none.</summary>
internal sealed class Turn
{
    /// <summary>Turns that wait for their next use, at most.</summary>
    private const int SpareMax = 64;

    private static readonly ConcurrentQueue<Turn> s_spare = new();

    private AppendResult? _result; // null: the journal was not even asked
    private Task<AppendResult>? _appending;

    public List<Submission> Submissions { get; } = [];

    /// <summary>Who wants to see the state that is there when these commands have been recorded.</summary>
    public List<TaskCompletionSource<ProjectState?>> Looks { get; } = [];

    public Draft Draft { get; } = new();

    /// <summary>When what happened; null where nobody wants to know.</summary>
    public TurnTimes? Times { get; set; }

    /// <summary>When its append began, as a timestamp of the clock; 0 where nobody wants to know.</summary>
    public long AppendedAt { get; set; }

    /// <summary>Bytes of the events, about.</summary>
    public int Bytes { get; set; }

    public bool IsEmpty => Submissions.Count == 0 && Looks.Count == 0;

    /// <summary>Completes when the journal has answered, however.</summary>
    public Task Ended => _appending ?? Task.CompletedTask;

    public bool HasEnded => _appending is null or { IsCompleted: true };

    /// <summary>Takes what the journal says, now or later. A journal that answers at once costs no task.</summary>
    public void Await(ValueTask<AppendResult> appending)
    {
        if (appending.IsCompletedSuccessfully)
            (_result, _appending) = (appending.GetAwaiter().GetResult(), null);
        else
            _appending = appending.AsTask();
    }

    /// <summary>What the journal said. Throws what it threw; and where it was not asked, for then nothing is recorded.</summary>
    public async ValueTask<AppendResult> ResultAsync() =>
        _appending is { } appending ? await appending : _result ?? throw new OperationCanceledException("The journal was stopped before this.");

    public bool Has(Member member)
    {
        foreach (var submission in Submissions)
        {
            if (submission.From == member)
                return true;
        }
        return false;
    }

    /// <summary>An empty one.</summary>
    public static Turn Rent() => s_spare.TryDequeue(out var spare) ? spare : new();

    /// <summary>Gives it back. Not before the journal has answered: until then it has the draft's bytes.</summary>
    public void Return()
    {
        Submissions.Clear();
        Looks.Clear();
        Draft.Clear();
        (Bytes, _result, _appending, Times, AppendedAt) = (0, null, null, null, 0);
        if (s_spare.Count < SpareMax)
            s_spare.Enqueue(this);
    }
}
