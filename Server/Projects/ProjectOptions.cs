using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>What one project may hold, and how much of it is kept at hand.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The generated validator compares times by itself, without the converter that [Range] would look for.")]
public sealed class ProjectOptions
{
    /// <summary>Projects open at a time. Beyond it the one that has been empty for longest is closed; where none is, a join is answered with
    /// <c>unavailable</c>.</summary>
    [Range(1, 10_000_000)]
    public int OpenMax { get; set; } = 100_000;

    /// <summary>Bytes of memory, about, that the open projects may hold together. Beyond it those that nobody is in are closed before their time, the
    /// longest empty first; those that somebody is in stay. Raise it where there is memory to spare and people come and go.</summary>
    [Range(1024 * 1024, 1024L * 1024 * 1024 * 1024)]
    public long OpenBytesMax { get; set; } = 1024L * 1024 * 1024;

    /// <summary>Time after which a project that nobody is in is closed, which gives back its memory; the next join opens it again. Shorter
    /// saves memory, longer spares those who come and go the opening.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IdleAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Members of one project at a time. Beyond it a join is answered with <c>unavailable</c>.</summary>
    [Range(1, 10_000_000)]
    public int MembersMax { get; set; } = 20_000;

    /// <summary>Bytes of events kept in memory, encoded, for members to read from. It is how far a member may fall behind before it is sent
    /// away to resume. Raise it for slow networks; it costs no memory per member.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int TapeBytesMax { get; set; } = 4 * 1024 * 1024;

    /// <summary>Bytes of broadcasts and presence kept for members to read from; a member further behind skips to the newest,
    /// and gets who is present anew and the newest broadcast of each key.</summary>
    [Range(16 * 1024, 64 * 1024 * 1024)]
    public int WhisperBytesMax { get; set; } = 256 * 1024;

    /// <summary>Time between two tellings of who came, went and changed, at least; what comes between is told together. 0 tells at once, every time.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan PresencePeriod { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Time for which a member whose line broke goes on being seen, so that a page that is loaded anew is not seen to leave and to come. 0: it is
    /// seen to leave at once.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan PresenceGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Messages that may wait for a project's turn. Beyond it connections are read no further until there is room.</summary>
    [Range(16, 1_000_000)]
    public int InboxMax { get; set; } = 4096;

    /// <summary>Messages taken in one turn, of which the commands are decided and recorded together. Larger batches cost fewer writes; smaller ones answer sooner.</summary>
    [Range(1, 100_000)]
    public int BatchMax { get; set; } = 1024;

    /// <summary>Time that a busy project waits before its next turn, so that fewer and larger writes carry the same events: less work for each
    /// delivery, for a delay of so much. Only where a turn, with its writes to all members, takes longer than lies between two messages; who is
    /// alone never waits. 0 never waits.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:00.100")]
    public TimeSpan Gather { get; set; } = TimeSpan.Zero;

    /// <summary>Events of a project after which its members are told what the state hashes to, so that a replica that went astray notices and takes a
    /// snapshot. Fewer find it sooner, for a frame of a hundred bytes each time. 0 never tells.</summary>
    [Range(0, 1_000_000)]
    public int CheckEvents { get; set; } = 256;

    /// <summary>Time after which the members are told that where there were fewer events; looked at every five seconds where a project is quiet.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan CheckPeriod { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Entities of one project. Beyond it a create is refused with <c>too_large</c>.</summary>
    [Range(1, 100_000_000)]
    public int EntitiesMax { get; set; } = StateLimits.Default.Entities;

    /// <summary>Fields of one entity. Beyond it a command is refused with <c>too_large</c>.</summary>
    [Range(1, 10_000)]
    public int EntityFieldsMax { get; set; } = StateLimits.Default.EntityFields;

    /// <summary>Bytes of one entity's data as canonical JSON. Beyond it a command is refused with <c>too_large</c>.</summary>
    [Range(256, 64 * 1024 * 1024)]
    public int EntityBytesMax { get; set; } = StateLimits.Default.EntityBytes;

    /// <summary>UTF-16 units of one shared text. Beyond it an edit that adds is refused with <c>too_large</c>. A replica holds all texts whole, and so does
    /// a snapshot.</summary>
    [Range(16, 256 * 1024 * 1024)]
    public int TextUnitsMax { get; set; } = StateLimits.Default.TextUnits;

    /// <summary>Newest edits of a text that are kept in memory, to transform those that were written before their author knew of them. One that is based on
    /// something older is answered with <c>rebase</c>, and its author, who has the events, does that work. 0 keeps none.</summary>
    [Range(0, 1_000_000)]
    public int TextWindowEditsMax { get; set; } = StateLimits.Default.TextWindowEdits;

    /// <summary>Bytes of memory of these edits of one text, about; fewer are kept where they are large.</summary>
    [Range(0, 256 * 1024 * 1024)]
    public int TextWindowBytesMax { get; set; } = StateLimits.Default.TextWindowBytes;

    /// <summary>Bytes of memory, about, of these edits of all texts of a project. Beyond it a text that is edited keeps none until others have been let go.</summary>
    [Range(0, 64L * 1024 * 1024 * 1024)]
    public long TextWindowsBytesMax { get; set; } = StateLimits.Default.TextWindowsBytes;

    /// <summary>Steps of deltas that one edit may take to be transformed, in which the project does nothing else. One that would take more is
    /// answered with <c>rebase</c>.</summary>
    [Range(1000, 100_000_000)]
    public int TransformStepsMax { get; set; } = StateLimits.Default.TransformSteps;

    /// <summary>Bytes of all entities of one project, their data as canonical JSON and their texts at two bytes a unit. Beyond it a command that adds is
    /// refused with <c>too_large</c>.</summary>
    [Range(1024, 64L * 1024 * 1024 * 1024)]
    public long ProjectBytesMax { get; set; } = StateLimits.Default.ProjectBytes;

    /// <summary>Questions about the past that read at the same time on this server, each on a thread of its own; the others wait, one of each
    /// connection at a time, in the order they came. More answer sooner where there are cores to spare, fewer leave more of them to what happens
    /// now.</summary>
    [Range(1, 1000)]
    public int LookingBackMax { get; set; } = 2;

    /// <summary>Past states kept in memory, of all projects together, after somebody asked for them: who moves on from there is answered sooner.
    /// 0 keeps none.</summary>
    [Range(0, 10_000)]
    public int PastStatesMax { get; set; } = 32;

    /// <summary>Bytes of those past states, about. A state that is larger alone is not kept.</summary>
    [Range(0, 64L * 1024 * 1024 * 1024)]
    public long PastBytesMax { get; set; } = 64 * 1024 * 1024;

    internal StateLimits ToLimits() => new()
    {
        Entities = EntitiesMax, EntityFields = EntityFieldsMax, EntityBytes = EntityBytesMax, ProjectBytes = ProjectBytesMax, TextUnits = TextUnitsMax,
        TextWindowEdits = TextWindowEditsMax, TextWindowBytes = TextWindowBytesMax, TextWindowsBytes = TextWindowsBytesMax, TransformSteps = TransformStepsMax,
    };
}
