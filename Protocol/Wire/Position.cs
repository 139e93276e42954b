namespace EventOnly.Protocol.Wire;

/// <summary>A place in one incarnation of a journal. Positions of different epochs say nothing about each other.</summary>
public readonly record struct Position(string Epoch, long Seq);
