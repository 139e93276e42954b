namespace EventOnly.Server.Projects;

/// <summary>
/// One pass over those who have something to take. Each writes from its own position to the head by itself: nothing is computed or copied
/// here for a member, and one whose write does not complete is left behind until it does, not waited for.
/// </summary>
internal static class FanOut
{
    public static void Pass(Project project)
    {
        if (project.TapesMoved)
        {
            project.TapesMoved = false;
            foreach (var member in project.Members.All)
                member.Wake();
        }
        foreach (var member in project.Touched) // a member that left meanwhile may still have its last answer
            member.Wake();
        project.Touched.Clear();
    }
}
