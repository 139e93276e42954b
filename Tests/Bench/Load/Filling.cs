namespace EventOnly.Tests.Bench.Load;

/// <summary>A project with entities, before others join it.</summary>
internal static class Filling
{
    private const int PerBatch = 100;
    private const int InFlight = 8;

    /// <summary>What its name begins with, in a measurement that needs but one.</summary>
    public const string Project = "filled";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Creates entities in the group 0 of a project, by batches, unless they are there from a round before.</summary>
    /// <returns>The project's seq.</returns>
    public static long Fill(Cell cell, string project, int entities)
    {
        var (batches, commands) = (Math.Min(PerBatch, entities), (entities + PerBatch - 1) / PerBatch);
        using var crew = new Crew(cell.Loop, cell.Server, new EventOnlyDialect(project) { EntitiesPerBatch = batches }, new(1, 1, 1));
        var filler = crew.Publishers[0];
        cell.Loop.TurnFor(Bench.Load.Crew.ListenTime); // its snapshot may be older than what it has to be given
        if (filler.Check!.LastOf(0) > 0)
            return filler.Check.LastOf(0);
        while (filler.Sent < commands)
        {
            crew.Publish(filler, (int)Math.Min(InFlight, commands - filler.Sent));
            cell.Loop.TurnUntil(() => filler.Acked == filler.Sent, s_patience, "the entities were created");
        }
        return filler.Sent;
    }
}
