using EventOnly.Server;

namespace EventOnly.Tests.Server;

/// <summary>The page inside the program, which is as old as the program itself.</summary>
[Parallelizable]
public sealed class EmbeddedFilesTests
{
    [Test]
    public void They_are_as_old_as_the_library_where_another_program_runs_it() =>
        new EmbeddedFiles("").GetFileInfo("appsettings.json").LastModified.UtcDateTime.Should().Be(File.GetLastWriteTimeUtc(Path.Combine(AppContext.BaseDirectory, "EventOnly.Server.dll")));

    [Test]
    public void What_is_not_there_does_not_exist() => new EmbeddedFiles("Web/").GetFileInfo("nothing.html").Exists.Should().BeFalse();
}
