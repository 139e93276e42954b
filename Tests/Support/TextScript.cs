using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Support;

/// <summary>Plays a script of Tests/Golden/text-client.json over a replica, and says what is then seen, under way, sent and to be told, as the script does.</summary>
internal sealed class TextScript
{
    private readonly WireCodec _codec = new(WireLimits.Trusted);
    private readonly Replica _replica = new("apollo", "secret-of-16-chars");
    private string _why = "";
    private long _lastTicket;
    private readonly HashSet<string> _resting = new(StringComparer.Ordinal);

    public JsonObject Play(JsonNode step)
    {
        var frames = new JsonArray();
        var effects = Do(step, frames);
        return new()
        {
            ["view"] = View(), ["pending"] = new JsonArray([.. _replica.Pending.Select(Told)]), ["frames"] = frames,
            ["effects"] = new JsonArray([.. effects.Select(Told).OfType<JsonNode>()]),
        };
    }

    private ImmutableArray<ReplicaEffect> Do(JsonNode step, JsonArray frames)
    {
        _why = step["code"]?.GetValue<string>() ?? "";
        switch (Text(step, "do"))
        {
            case "edit":
                return _replica.Submit(new Command.Edit(Text(step, "id"), Text(step, "field"), 0, Delta.Parse(step["delta"]!.ToJsonString())), ++_lastTicket);
            case "submit":
                return _replica.Submit(ClientVectors.Command(step["command"]!), ++_lastTicket);
            case "hear":
                _codec.TryDecode(Encoding.UTF8.GetBytes(step["message"]!.ToJsonString()), out ServerMessage? message, out var fault).Should().BeTrue(fault?.Message);
                return _replica.Receive(message!);
            case "release":
                _replica.Release(step["n"]!.GetValue<long>());
                return [];
            case "withdrawAll":
                return _replica.WithdrawAll(Text(step, "code"));
            case "off":
                _replica.Off();
                return [];
            case "join":
                frames.Add(Frame(_replica.Join(Text(step, "id"))));
                return [];
            case "rest":
                _resting.UnionWith(_replica.Pending.Select(each => each.Edit).OfType<Command.Edit>().Select(KeyOf));
                return [];
            case "wake":
                _resting.Remove(Text(step, "key"));
                return [];
            case "send":
                while (_replica.Next(edit => !_resting.Contains(KeyOf(edit))) is { } next)
                    frames.Add(Frame(next));
                return [];
            default:
                throw new ArgumentOutOfRangeException(nameof(step), Text(step, "do"), "No such step.");
        }
    }

    private static string KeyOf(Command.Edit edit) => $"{edit.Entity} {edit.Field}";

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    private static JsonNode Frame(ClientMessage message)
    {
        var output = new Utf8Buffer();
        WireCodec.Encode(output, message);
        return JsonNode.Parse(output.Written)!;
    }

    private JsonObject View() => new(
        from entity in _replica.View.Entities.Values
        from text in entity.Texts
        select KeyValuePair.Create($"{entity.Id}.{text.Key}", (JsonNode?)JsonValue.Create(text.Value.Text.ToString())));

    private static JsonObject Told(PendingCommand pending)
    {
        var told = new JsonObject();
        if (pending.N > 0)
            told["n"] = pending.N;
        told["stage"] = pending.Stage switch { Stage.Queued => "queued", Stage.Sent => "sent", _ => "held" };
        if (pending.Edit is { } edit)
            (told["field"], told["delta"]) = (edit.Field, JsonNode.Parse(edit.Delta.ToString()));
        else
            told["type"] = pending.Command switch { Command.Create => "create", Command.Delete => "delete", Command.Batch => "batch", _ => "update" };
        return told;
    }

    private JsonNode? Told(ReplicaEffect effect) => effect switch
    {
        ReplicaEffect.Edited e => new JsonObject { ["text"] = $"{e.Id}.{e.Field}", ["delta"] = JsonNode.Parse(e.Delta.ToString()), ["origin"] = Word(e.Origin) },
        ReplicaEffect.TextEnded e => new JsonObject { ["gone"] = $"{e.Id}.{e.Field}", ["text"] = e.Text.ToString() },
        ReplicaEffect.EditRefused e => new JsonObject
        {
            ["refused"] = $"{e.Id}.{e.Field}", ["code"] = e.Code, ["delta"] = JsonNode.Parse(e.Delta.ToString()), ["text"] = e.Text,
        },
        ReplicaEffect.Settled e => $"settle {Number(e.Command)}",
        ReplicaEffect.Failed e => $"fail {Number(e.Command)} {e.Refusal.Code.Word()}",
        ReplicaEffect.Withdrawn e => $"fail {Number(e.Command)} {_why}",
        ReplicaEffect.Replaced => "snapshot",
        ReplicaEffect.Live => "live",
        ReplicaEffect.Wait => "wait",
        ReplicaEffect.Rejoin => "rejoin",
        ReplicaEffect.Restart => "restart",
        ReplicaEffect.Heal => "heal",
        ReplicaEffect.Trouble => "trouble",
        ReplicaEffect.Diverged => "diverged",
        _ => null,
    };

    private static string Number(PendingCommand command) => command.N == 0 ? "-" : command.N.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Word(ChangeOrigin origin) => origin switch
    {
        ChangeOrigin.Local => "local",
        ChangeOrigin.Remote => "remote",
        ChangeOrigin.Rollback => "refused",
        _ => "snapshot",
    };
}
