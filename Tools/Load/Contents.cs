using System.Globalization;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Load;

/// <summary>
/// What a publisher says. Updates go to entities that all members of the project share and nobody deletes; it deletes only what it made itself and
/// saw acknowledged, so that none of its commands has a reason to be refused.
/// </summary>
/// <param name="publisher">Its number, part of the ids it makes.</param>
/// <param name="payloadBytes">Bytes of text in a create and in every other update.</param>
internal sealed class Contents(int publisher, string project, int payloadBytes)
{
    /// <summary>Entities that the members of a project share.</summary>
    public const int SharedCount = 8;

    public const string Topic = "load";

    private readonly Queue<string> _deletable = new();
    private readonly Utf8Buffer _output = new();

    /// <summary>A delete where there is nothing to delete is a create, so that the rate holds.</summary>
    public ReadOnlyMemory<byte> Write(Act act, long n)
    {
        Command command = act switch
        {
            Act.Delete when _deletable.TryDequeue(out var entity) => new Command.Delete(entity, null),
            Act.Create or Act.Delete => new Command.Create(EntityOf(n), "card", Text(n)),
            Act.Batch => new Command.Batch([Count(n), Patch(n + 1), Count(n + 2)]),
            _ => n % 2 == 0 ? Count(n) : Patch(n),
        };
        return Encode(new ClientMessage.Submit(project, n, command));
    }

    /// <summary>The first command in a project: what the updates go to.</summary>
    public ReadOnlyMemory<byte> Seed(long n) => Encode(new ClientMessage.Submit(project, n, new Command.Batch([
        .. Enumerable.Range(0, SharedCount).Select(i => new Command.Create(SharedOf(i), "shared", Text(0)))])));

    /// <summary>A broadcast carries the moment it was meant for, for it has no number to find that by.</summary>
    public ReadOnlyMemory<byte> Broadcast(long intendedAt) => Encode(new ClientMessage.Broadcast(
        project, Topic, CanonicalValue.Parse(System.Text.Encoding.UTF8.GetBytes(intendedAt.ToString(CultureInfo.InvariantCulture))), null));

    /// <summary>A command took effect: what it made may be deleted.</summary>
    public void Acknowledged(InFlight done)
    {
        if (done.Act is Act.Create)
            _deletable.Enqueue(EntityOf(done.N));
    }

    private string EntityOf(long n) => string.Create(CultureInfo.InvariantCulture, $"c{publisher}-{n}");

    private static string SharedOf(long n) => string.Create(CultureInfo.InvariantCulture, $"shared-{n % SharedCount}");

    private Command.Increment Count(long n) => new Command.Increment(SharedOf(publisher + n), [new FieldDelta("count", 1)], null);

    private Command.Patch Patch(long n) => new Command.Patch(SharedOf(publisher + n), Text(n), null);

    private JsonFields Text(long n) => JsonFields.Parse(System.Text.Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $$"""{"text":"{{new string((char)('a' + n % 26), payloadBytes)}}"}""")));

    private ReadOnlyMemory<byte> Encode(ClientMessage message)
    {
        _output.Clear();
        WireCodec.Encode(_output, message);
        return _output.Written.ToArray();
    }
}
