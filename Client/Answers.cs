using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>A page of a query's answer.</summary>
/// <param name="Seq">The position the answer was computed at.</param>
/// <param name="More">Whether there are items after the last of these.</param>
public sealed record QueryPage(long Seq, ImmutableArray<Entity> Items, bool More);

/// <summary>How the client came back into step with its project the last time.</summary>
/// <param name="Missed">Events that had happened meanwhile; null where the journal is another one, so that nobody can tell.</param>
public sealed record Resume(ResumeMode Mode, long? Missed);
