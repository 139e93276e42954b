using System.Text.Json.Nodes;
using EventOnly.Protocol.State;

namespace EventOnly.Tools.Replay;

/// <summary>Somebody in a script, whatever language its client is written in.</summary>
internal interface IScriptClient : IAsyncDisposable
{
    /// <summary>The project it is in, as the server calls it.</summary>
    string Project { get; }

    Frames Frames { get; }

    bool Listens { get; }

    bool IsCut { get; }

    string SessionId { get; }

    /// <summary>The position of its confirmed state.</summary>
    long Seq { get; }

    Task<ProjectState> ConfirmedAsync(CancellationToken ct);

    /// <summary>Says something. A refusal is not an error here: an expectation may want it, and the end asks whether one did.</summary>
    /// <param name="sessionOf">The public session of a client by its name in the script; other texts are returned as they are.</param>
    Task SayAsync(ScriptAction.Say say, Func<string, string> sessionOf, CancellationToken ct);

    Task CutAsync(CancellationToken ct);

    Task HealAsync(CancellationToken ct);

    /// <summary>Sends the last command frame again, with its old number; false if there was none.</summary>
    Task<bool> ResendAsync(CancellationToken ct);

    /// <summary>Waits until an expectation holds.</summary>
    Task MeetAsync(JsonObject expect, CancellationToken ct);

    /// <summary>What there is in place of what an expectation wants, for people; empty where the frames tell it.</summary>
    string Found(JsonObject expect);

    Task WaitUntilSyncedAsync(CancellationToken ct);

    Task WaitForSeqAsync(long seq, CancellationToken ct);

    /// <summary>Where the server stands.</summary>
    Task<long> ServerSeqAsync(CancellationToken ct);

    /// <summary>The server's own state at a position.</summary>
    Task<ProjectState> AtAsync(long seq, CancellationToken ct);

    /// <summary>Waits for every outcome that no line waited for.</summary>
    Task SettleAsync(CancellationToken ct);
}
