namespace EventOnly.Client;

/// <summary>A command took effect.</summary>
/// <param name="Seq">Its position; where only an upper bound is known (it was answered after a reconnect), that bound.</param>
/// <param name="At">The server's time; null where the event itself was not seen.</param>
/// <param name="Id">The entity; null for a batch.</param>
public sealed record Ack(long Seq, DateTimeOffset? At, string? Id);
