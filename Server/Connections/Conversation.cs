using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Projects;

namespace EventOnly.Server.Connections;

/// <summary>
/// What a connection's messages mean: each is understood, checked against where the conversation stands, and brought to its project or
/// answered. Called by the read loop, one message at a time.
/// </summary>
internal sealed class Conversation(Connection connection, Surroundings around) : IConversation
{
    private const int QueryItemsDefault = 50;

    private readonly Dictionary<string, (ProjectLoop Loop, Member Member)> _joined = new(StringComparer.Ordinal);
    private ErrorBudget? _errors; // made when needed, as the next one: most connections never do
    private Requests? _requests;
    private string? _userName;

    /// <summary>Whether <c>connect</c> has been said.</summary>
    public bool IsIntroduced => Volatile.Read(ref _userName) is not null;

    public ValueTask HearAsync(Received message) => HearAsync(message.Bytes);

    /// <summary>Hears one message. What cannot be understood is answered, not thrown.</summary>
    private ValueTask HearAsync(ReadOnlyMemory<byte> text)
    {
        if (!around.Codec.TryDecode(text.Span, out ClientMessage? message, out var fault))
            return new(ComplainAsync(Complaint(fault!)));
        return IsIntroduced || message is ClientMessage.Connect or ClientMessage.Ping or ClientMessage.Pong
            ? HearAsync(message!, text.Length)
            : new(ComplainAsync(Answer(message!, ErrorCode.Unauthenticated, "Say connect first.")));
    }

    private ValueTask HearAsync(ClientMessage message, int bytes) => message switch
    {
        ClientMessage.Submit m => Find(m.Project, out var loop, out var member)
            ? BringAsync(loop, new Inbound.Submit(member, m.N, m.Command, bytes, connection.HeardAt, Span(m)), m)
            : NotAMember(m),
        ClientMessage.Broadcast m => Find(m.Project, out var loop, out var member) ? BringAsync(loop, new Inbound.Broadcast(member, m), m) : NotAMember(m),
        ClientMessage.SetPresence m => Find(m.Project, out var loop, out var member) ? BringAsync(loop, new Inbound.Presence(member, m.Data), m) : NotAMember(m),
        ClientMessage.Ping m => new(SayAsync(new ServerMessage.Pong(m.T, NowMs()))),
        ClientMessage.Pong => default, // having been heard is all it is for
        ClientMessage.Connect m => new(IntroduceAsync(m)),
        ClientMessage.Join m => new(JoinAsync(m)),
        ClientMessage.Leave m => new(LeaveAsync(m)),
        ClientMessage.Ask m => StartRequest(m, m.Project, m.Id, (_, state, request) => QueryAsync(state, m, request)),
        ClientMessage.Validate m => StartRequest(m, m.Project, m.Id, (loop, state, request) => ValidateAsync(loop, state, m, request)),
        ClientMessage.History m => StartRequest(m, m.Project, m.Id, (_, state, request) => _requests!.OneByOneAsync(() => HistoryAsync(state, m, request), request.Cancelled)),
        ClientMessage.At m => StartRequest(m, m.Project, m.Id, (_, state, request) => _requests!.OneByOneAsync(() => AtAsync(state, m, request), request.Cancelled)),
        ClientMessage.Cancel m => Cancel(m),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private System.Diagnostics.Activity? Span(ClientMessage.Submit m) =>
        m.TraceParent is null ? null : ServerTraces.Hear(m.TraceParent, m.Project, m.N, around.Time.GetUtcNow());

    private async Task IntroduceAsync(ClientMessage.Connect m)
    {
        if (IsIntroduced)
        {
            await ComplainAsync(new ServerMessage.Error(null, ErrorCode.Invalid, "connect was said already.", ErrorDetails.BadEvent));
            return;
        }
        var name = m.UserName ?? "anonymous";
        around.Logger.ConnectionBegan(connection.Id, name, m.ClientName, m.ClientVersion);
        await SayAsync(new ServerMessage.Connected(
            "c" + connection.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), name, (int)around.Options.PingInterval.TotalMilliseconds,
            (int)around.Options.PingTimeout.TotalMilliseconds, around.Announced, NowMs()));
        Volatile.Write(ref _userName, name);
    }

    private async Task JoinAsync(ClientMessage.Join m)
    {
        if (_joined.TryGetValue(m.Project, out var there) && !there.Member.IsGone)
        {
            await ComplainAsync(Answer(m, ErrorCode.Exists, "The project is joined already."));
            return;
        }
        _joined.Remove(m.Project);
        if (_joined.Count >= around.Options.ProjectsMax)
        {
            await ComplainAsync(Answer(m, ErrorCode.TooLarge, "The connection has joined as many projects as it may."));
            return;
        }
        await connection.Mailbox.RoomAsync(0, connection.Over); // joined is posted whatever is in the box, so who does not read may not join on and on
        var member = new Member(_userName!, connection, connection.CompressFrom);
        connection.Outbox.Add(member);
        while (await OpenAsync(m.Project) is { } loop)
        {
            _joined[m.Project] = (loop, member);
            if (await loop.BringAsync(new Inbound.Enter(member, SessionId.Of("", m.Session), m), connection.Over))
                return;
            if (!loop.HasRetired)
            {
                connection.End(CloseCode.ServerFault); // the project had a fault: come back, and it is opened anew
                return;
            }
            // Nobody was in it, and it closed just after it was found: the next look finds it opened anew.
        }
        _joined.Remove(m.Project);
        member.Leave();
        await SayAsync(new ServerMessage.Error(m.Id, ErrorCode.Unavailable, "The project cannot be opened just now.", RetryAfterMs: 1000));
    }

    private async Task<ProjectLoop?> OpenAsync(string project)
    {
        try
        {
            return await around.Projects.FindAsync(project);
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException or UnauthorizedAccessException or OperationCanceledException)
        {
            return null; // logged where it happened
        }
    }

    private async Task LeaveAsync(ClientMessage.Leave m)
    {
        if (!Find(m.Project, out var loop, out var member))
        {
            await NotAMember(m);
            return;
        }
        _joined.Remove(m.Project);
        await BringAsync(loop, new Inbound.Exit(member, m.Id), m);
    }

    private ValueTask Cancel(ClientMessage.Cancel m)
    {
        _requests?.Cancel(m.Id);
        return default;
    }

    /// <summary>Works beside the read loop on the state after all that was said before: a client reads what it wrote.</summary>
    private ValueTask StartRequest(
        ClientMessage message, string project, string id, Func<ProjectLoop, ProjectState, Requests.Request, Task> work)
    {
        if (!Find(project, out var loop, out var member))
            return NotAMember(message);
        _requests ??= NewRequests();
        if (_requests.Refuse(id) is { } error)
            return new(error.Code == ErrorCode.RateLimited ? SayAsync(error) : ComplainAsync(error)); // to be too fast is no offence
        var looking = loop.LookAsync(member, connection.Over); // begun here, so that it keeps its place among the messages
        _requests.Start(id, async request =>
        {
            if (await looking.WaitAsync(request.Cancelled) is { } state)
                await work(loop, state, request);
            else if (!member.IsInside)
                await NotAMember(message);
        });
        return default;
    }

    private Requests NewRequests() =>
        new(around.Options.QueriesInFlightMax, AnswerAsync, fault => around.Logger.RequestFaulted(connection.Id, fault), connection.Over);

    private Task<bool> QueryAsync(ProjectState state, ClientMessage.Ask m, Requests.Request request)
    {
        var limit = Math.Min(m.Query.Limit ?? QueryItemsDefault, around.Options.QueryItemsMax);
        var (items, more) = Queries.Run(state, m.Query, limit, around.Options.PageBytesMax, request.Cancelled);
        return SendAsync(() => Frame(new ServerMessage.QueryResult(m.Id, state.Seq, items, more)), request, request.Cancelled);
    }

    private Task ValidateAsync(ProjectLoop loop, ProjectState state, ClientMessage.Validate m, Requests.Request request) =>
        AnswerAsync(new ServerMessage.Verdict(m.Id, loop.Validate(state, m.Command)), request);

    private async Task HistoryAsync(ProjectState state, ClientMessage.History m, Requests.Request request)
    {
        var bounds = new PageBounds(
            Math.Min(m.Query.Limit ?? HistoryQuery.LimitDefault, around.Options.HistoryEventsMax), around.Options.PageBytesMax,
            around.Options.HistoryScanMax, around.Options.HistoryScanBytesMax);
        var page = await around.History.PageAsync(m.Project, m.Query, state.Seq, bounds, request.Cancelled);
        await SendAsync(() => Frame(new ServerMessage.HistoryResult(m.Id, page.Events, page.Floor, page.Next is not null, page.Next)), request, request.Cancelled);
    }

    private async Task AtAsync(ProjectState state, ClientMessage.At m, Requests.Request request)
    {
        var past = m.TimeMs is { } time
            ? await around.History.AtTimeAsync(m.Project, state, time, request.Cancelled)
            : await around.History.AtSeqAsync(m.Project, state, m.Seq ?? 0, request.Cancelled);
        if (past is null)
        {
            // It may just have gone.
            await AnswerAsync(new ServerMessage.Error(m.Id, ErrorCode.Gone, "That moment is not, or no longer, in the journal."), request);
            return;
        }
        using var parts = EncodedSnapshot.PartsOf(m.Project, past, m.Id, out var count).GetEnumerator();
        for (var part = 1; parts.MoveNext(); part++)
        {
            // An answer that has begun is given to its end.
            if (!await SendAsync(() => parts.Current, part == count ? request : null, part == 1 ? request.Cancelled : connection.Over))
                return;
        }
    }

    /// <summary>Pings the client; drops the ping where its mailbox is full, for then it is not the client's silence that matters.</summary>
    public void Ping()
    {
        if (connection.Mailbox.TryPost(Frame(new ServerMessage.Ping(CanonicalValue.Of(NowMs()))).Span))
            connection.Wake();
    }

    /// <summary>Leaves all projects and gives up what is under way.</summary>
    public async Task EndAsync()
    {
        foreach (var (loop, member) in _joined.Values)
            await loop.BringAsync(new Inbound.Exit(member, null), CancellationToken.None);
        if (_requests is not null)
            await _requests.EndAsync();
    }

    private bool Find(string project, out ProjectLoop loop, out Member member)
    {
        var found = _joined.TryGetValue(project, out var there);
        (loop, member) = there;
        return found;
    }

    private ValueTask BringAsync(ProjectLoop loop, Inbound inbound, ClientMessage message) =>
        loop.TryBring(inbound) ? default : BringSlowlyAsync(loop, inbound, message);

    private async ValueTask BringSlowlyAsync(ProjectLoop loop, Inbound inbound, ClientMessage message)
    {
        try
        {
            if (await loop.BringAsync(inbound, connection.Over))
                return;
        }
        catch (OperationCanceledException)
        {
            ServerTraces.End((inbound as Inbound.Submit)?.Span, around.Time.GetUtcNow(), ErrorCode.Unavailable.Word());
            throw;
        }
        ServerTraces.End((inbound as Inbound.Submit)?.Span, around.Time.GetUtcNow(), ErrorCode.Unavailable.Word());
        if (!loop.HasRetired)
            connection.End(CloseCode.ServerFault); // the project had a fault: come back, and it is opened anew
        else if (message is ClientMessage.Leave leave)
            await SayAsync(new ServerMessage.Done(leave.Id));
        else
            await NotAMember(message); // it was not let in, else the project would not have closed
    }

    private ValueTask NotAMember(ClientMessage message) => new(ComplainAsync(Answer(message, ErrorCode.Forbidden, "Join the project first.")));

    /// <summary>Answers what should not have been said; a client that keeps at it is sent away.</summary>
    private async Task ComplainAsync(ServerMessage complaint)
    {
        if (LazyInitializer.EnsureInitialized(ref _errors, () => new(around.Options.ErrorsMax, around.Time)).TrySpend())
            await SayAsync(complaint);
        else
            connection.End(CloseCode.BadRequest);
    }

    /// <summary>Says something to this client alone; waits while its mailbox is full, so that who does not listen is not heard either.</summary>
    private Task SayAsync(ServerMessage message)
    {
        switch (message)
        {
            case ServerMessage.Error error:
                around.Metrics.Erred(error.Code);
                break;
            case ServerMessage.Reject reject:
                around.Metrics.Rejected(reject.Refusal.Code);
                break;
        }
        return SayAsync(Frame(message));
    }

    private Task SayAsync(ReadOnlyMemory<byte> frame) => connection.PostAsync(frame).AsTask();

    private Task AnswerAsync(ServerMessage message, Requests.Request request) => connection.PostAsync(Frame(message), request.Answer).AsTask();

    /// <summary>
    /// Sends a large answer, made when its turn has come, and compressed where that was agreed on; it keeps none of the small ones waiting. False where
    /// the connection is ending.
    /// </summary>
    private async Task<bool> SendAsync(Func<ReadOnlyMemory<byte>> frame, Requests.Request? last, CancellationToken cancelled)
    {
        var isTaken = await connection.Outbox.Bulk.PutAsync(
            () =>
            {
                var made = MessageDeflate.Compress(frame(), connection.CompressFrom);
                last?.Answer();
                return made;
            },
            cancelled);
        if (!isTaken)
            return false;
        connection.Wake();
        return true;
    }

    private static ReadOnlyMemory<byte> Frame(ServerMessage message)
    {
        var output = new Utf8Buffer();
        WireCodec.EncodeFrame(output, message);
        return output.WrittenMemory;
    }

    private long NowMs() => around.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private static ServerMessage Complaint(FrameFault fault) =>
        fault is { Project: { } project, N: { } n }
            ? new ServerMessage.Reject(project, n, new(fault.Code, fault.Message, fault.Detail))
            : new ServerMessage.Error(fault.Id, fault.Code, fault.Message, fault.Detail);

    /// <summary>A refusal on the road that the message has: a reject for a command, an error for all else.</summary>
    private static ServerMessage Answer(ClientMessage message, ErrorCode code, string text) => message switch
    {
        ClientMessage.Submit m => new ServerMessage.Reject(m.Project, m.N, new(code, text)),
        ClientMessage.Join m => new ServerMessage.Error(m.Id, code, text),
        ClientMessage.Leave m => new ServerMessage.Error(m.Id, code, text),
        ClientMessage.Ask m => new ServerMessage.Error(m.Id, code, text),
        ClientMessage.Validate m => new ServerMessage.Error(m.Id, code, text),
        ClientMessage.History m => new ServerMessage.Error(m.Id, code, text),
        ClientMessage.At m => new ServerMessage.Error(m.Id, code, text),
        _ => new ServerMessage.Error(null, code, text),
    };
}
