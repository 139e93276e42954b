using System.Collections.Immutable;
using EventOnly.Protocol.Text;

namespace EventOnly.Protocol.State;

/// <summary>What a client asks for, undecided.</summary>
public abstract record Command
{
    private Command() { }

    /// <summary>A new entity; without an id the server makes one.</summary>
    public sealed record Create(string? Entity, string Kind, JsonFields Data) : Command;

    /// <summary>A JSON Merge Patch (RFC 7396) over an entity's data.</summary>
    public sealed record Patch(string Entity, JsonFields Fields, long? IfVersion) : Command
    {
        private readonly long _ifVersion = IfVersion ?? -1; // there is one of it for most events: a nullable would make each larger

        public long? IfVersion
        {
            get => _ifVersion < 0 ? null : _ifVersion;
            init => _ifVersion = value ?? -1;
        }
    }

    /// <summary>Whole numbers to be added to counter fields.</summary>
    public sealed record Increment(string Entity, ImmutableArray<FieldDelta> Deltas, long? IfVersion) : Command;

    /// <summary>A change of a field that is shared text.</summary>
    /// <param name="Base">The project's seq up to which its author had seen the journal: what the delta was written for.</param>
    public sealed record Edit(string Entity, string Field, long Base, Delta Delta) : Command;

    public sealed record Delete(string Entity, long? IfVersion) : Command;

    /// <summary>Several commands that take effect all or not at all, at one seq.</summary>
    public sealed record Batch(ImmutableArray<Command> Ops) : Command;
}

/// <summary>A whole number to be added to a field.</summary>
public readonly record struct FieldDelta(string Field, long Delta);
