namespace EventOnly.Tests.Support;

/// <summary>For a test that needs what a machine may lack: it counts as skipped there, and as failed where everything must really run.</summary>
internal static class Lacking
{
    public static void Skip(string reason)
    {
        if (Environment.GetEnvironmentVariable("EVENTONLY_STRICT") == "1")
            Assert.Fail(reason);
        Assert.Ignore(reason);
    }
}
