using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>Where a client's state was not the server's.</summary>
/// <param name="From">The last seq at which both were equal.</param>
/// <param name="To">The seq at which they were not.</param>
/// <param name="Hash">The client's.</param>
/// <param name="Expected">The server's.</param>
public sealed record Divergence(long From, long To, StateHash Hash, StateHash Expected);
