namespace EventOnly.Tests.Support;

/// <summary>
/// Recorded sessions of people who write. They are not part of this project (github.com/josephg/editing-traces, CC BY 4.0): the environment variable
/// EVENTONLY_TRACES names the folder that has them.
/// </summary>
internal static class RecordedTraces
{
    /// <summary>One of them. The test counts as skipped where no folder is named, also where everything must run: the files are not for everyone to have.</summary>
    public static FileInfo Find(string file)
    {
        if (Environment.GetEnvironmentVariable("EVENTONLY_TRACES") is not { Length: > 0 } folder)
        {
            Assert.Ignore("EVENTONLY_TRACES names no folder with recorded sessions.");
            throw new System.Diagnostics.UnreachableException();
        }
        return new(Path.Combine(folder, file));
    }
}
