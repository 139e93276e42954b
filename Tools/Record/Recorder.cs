using System.Collections.Immutable;
using System.Text;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tools.Replay;

namespace EventOnly.Tools.Record;

/// <summary>
/// Makes a replay script of events: each becomes the command it came from, said by a client of its author, and the last line says what state a replay
/// must end in. Pure: events in, lines out. It decides and folds as a server will, so that what cannot be played again is found while recording.
/// </summary>
internal sealed class Recorder(string project, Redaction redaction)
{
    /// <summary>What one command of a state may hold, to stay below what a message may.</summary>
    private const int FieldsMax = 32;
    private const int FieldBytesMax = 32 * 1024;

    /// <summary>A replay waits this long for the last line, in ms: whoever listens may be behind a long script.</summary>
    private const int EndMs = 60_000;

    private static readonly StateLimits s_any = new() { Entities = int.MaxValue, EntityBytes = int.MaxValue, EntityFields = int.MaxValue, ProjectBytes = long.MaxValue, TextUnits = int.MaxValue };

    private readonly Dictionary<string, string> _clients = new(StringComparer.Ordinal);
    private readonly Utf8Buffer _line = new();
    private ProjectState _state = ProjectState.Empty;
    private ProjectState? _original = ProjectState.Empty;
    private long? _from;
    private long _seq;

    /// <summary>Events that were taken.</summary>
    public long Events { get; private set; }

    /// <summary>What a replay ends in.</summary>
    public WantedState State => new(_state.Seq, _state.Entities.Count, _state.Hash.ToString());

    /// <summary>The first lines. Where the recording begins in the middle, they make what was there before.</summary>
    public IEnumerable<string> Begin(ProjectState before)
    {
        yield return Note($"recorded from {project}, from event {before.Seq + 1} on");
        yield return """{"as":"reader","connect":{"user":"reader"}}""";
        (_from, _seq) = (before.Seq + 1, before.Seq);
        if (before.Entities.Count > 0 || before.Seq > 0)
            _original = null; // what is made anew has other versions
        foreach (var entity in before.Entities.Values)
        {
            foreach (var line in Make(entity))
                yield return line;
        }
    }

    /// <exception cref="RecordException">The event cannot be played again.</exception>
    public IEnumerable<string> Take(ProjectEvent happened)
    {
        if (_from is null)
            throw new InvalidOperationException("Begin comes first.");
        if (happened.Seq != ++_seq)
            throw new RecordException($"Event {happened.Seq} follows event {_seq - 1}: something is missing.");
        if (happened.Changes.Length == 0)
            throw new RecordException($"Event {happened.Seq} is of a type that this version does not know.");
        Events++;
        if (_original is not null)
            _original = Fold.Apply(_original, happened);
        ImmutableArray<Command> ops = [.. happened.Changes.Select(CommandOf)];
        return Say(happened.By, happened.IsBatch ? new Command.Batch(ops) : ops[0], $"Event {happened.Seq}");
    }

    /// <summary>The last line: what state it all must come to.</summary>
    public string End()
    {
        if (_original is not null && !redaction.ChangesAnything && _original.Hash != _state.Hash)
            throw new RecordException($"Played again, the events would come to another state ({_state.Hash}) than they did ({_original.Hash}).");
        return $$$"""{"all":true,"state":{"seq":{{{State.Seq}}},"entities":{{{State.Entities}}},"hash":"{{{State.Hash}}}"},"within":{{{EndMs}}}}""";
    }

    private Command CommandOf(Change change) => change switch
    {
        Change.Created c => new Command.Create(c.Entity, c.Kind, redaction.Fields(c.Data)),
        Change.Patched c => new Command.Patch(c.Entity, redaction.Fields(c.Patch), null),
        Change.Incremented c => new Command.Increment(c.Entity, c.Deltas, null),
        Change.Edited c => new Command.Edit(c.Entity, c.Field, _state.Seq, redaction.Delta(c.Delta)),
        _ => new Command.Delete(change.Entity, null),
    };

    /// <summary>Makes an entity of data that may be too large for one command: what does not fit into the create is patched in.</summary>
    private List<string> Make(Entity entity)
    {
        var lines = new List<string>();
        var (fields, bytes, isMade) = (new List<JsonField>(), 0, false);
        foreach (var field in entity.Data.Concat(entity.Texts.Select(MarkerOf)).OrderByDescending(IsLostInAPatch))
        {
            var fits = IsLostInAPatch(field); // it came with one create, so all of its kind fit into one
            if (!fits && fields.Count > 0 && (fields.Count >= FieldsMax || bytes + field.Value.Utf8.Length > FieldBytesMax))
                Flush();
            fields.Add(field);
            bytes += field.Value.Utf8.Length;
        }
        Flush();
        var made = _state.Entities[entity.Id];
        return made.Data.Equals(redaction.Fields(entity.Data)) && made.Texts.Count == entity.Texts.Count
            ? lines
            : throw new RecordException($"{entity.Id} cannot be made again as it was: other data comes of it.");

        void Flush()
        {
            var part = fields.Aggregate(JsonFields.Empty, (all, field) => all.With(field.Name, field.Value));
            Command command = isMade
                ? new Command.Patch(entity.Id, redaction.Fields(part), null)
                : new Command.Create(entity.Id, entity.Kind, redaction.Fields(part));
            lines.AddRange(Say("before", command, entity.Id));
            (bytes, isMade) = (0, true);
            fields.Clear();
        }
    }

    /// <summary>What makes a text that says what this one does.</summary>
    private static JsonField MarkerOf(KeyValuePair<string, SharedText> text) =>
        new(text.Key, JsonFields.Empty.With("$text", CanonicalValue.Of(text.Value.Text.ToString())).ToValue());

    /// <summary>In a merge patch null means to remove, at every depth but within arrays.</summary>
    private static bool IsLostInAPatch(JsonField field)
    {
        var alone = JsonFields.Empty.With(field.Name, field.Value);
        return !JsonFields.Empty.Merge(alone).Equals(alone);
    }

    private List<string> Say(string by, Command command, string what)
    {
        var lines = new List<string>(2);
        if (!_clients.TryGetValue(by, out var client))
        {
            _clients[by] = client = $"u{_clients.Count + 1}";
            _line.Clear();
            _line.Raw("{\"as\":\""u8).Raw(Encoding.UTF8.GetBytes(client)).Raw("\",\"connect\":{\"user\":"u8).String(redaction.User(by)).Raw(",\"listen\":false}}"u8);
            lines.Add(Encoding.UTF8.GetString(_line.Written));
        }
        var seq = _state.Seq + 1;
        if (Decider.Decide(_state, command, seq, s_any, out var changes, out _) is { } refusal)
            throw new RecordException($"{what} cannot be played again: {refusal.Message}");
        _state = Fold.Apply(_state, new ProjectEvent(seq, 0, by, client, seq, command is Command.Batch, changes));
        lines.Add(Write(client, command));
        return lines;
    }

    /// <summary>The words of a command are the wire's, so the wire's codec writes them; only its address is the script's.</summary>
    private string Write(string client, Command command)
    {
        _line.Clear();
        WireCodec.Encode(_line, new ClientMessage.Submit("p", 1, command));
        var frame = Encoding.UTF8.GetString(_line.Written);
        const string head = "{\"type\":\"", address = "\",\"project\":\"p\",\"n\":1";
        var word = frame[head.Length..frame.IndexOf('"', head.Length)];
        return $"{{\"as\":\"{client}\",\"do\":\"{word}\"{frame[(head.Length + word.Length + address.Length)..]}";
    }

    private string Note(string text)
    {
        _line.Clear();
        _line.Raw("{\"note\":"u8).String(text).Raw((byte)'}');
        return Encoding.UTF8.GetString(_line.Written);
    }
}

/// <summary>It cannot be recorded; the message says why.</summary>
internal sealed class RecordException(string message) : Exception(message);
