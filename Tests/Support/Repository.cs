namespace EventOnly.Tests.Support;

/// <summary>Finds the files of this repository from wherever the tests run.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "EventOnly.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("EventOnly.sln stands in no folder above the tests.");
        return folder.FullName;
    }
}
