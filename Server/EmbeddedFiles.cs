using System.Collections;
using System.Reflection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace EventOnly.Server;

/// <summary>The files inside this program, for when it is one file with nothing beside it. They never change.</summary>
/// <param name="root">What their names begin with.</param>
internal sealed class EmbeddedFiles(string root) : IFileProvider
{
    private static readonly Assembly s_assembly = typeof(EmbeddedFiles).Assembly;

    /// <summary>They are as old as the program, which is their version as well: browsers ask by it whether theirs is still good.</summary>
    private static readonly DateTimeOffset s_madeAt = new(MadeAt(), TimeSpan.Zero);

    /// <summary>The program may be one file, or a library that <c>dotnet</c> was told to run: the age of <c>dotnet</c> itself says nothing.</summary>
    private static DateTime MadeAt()
    {
        var name = s_assembly.GetName().Name!;
        var library = File.GetLastWriteTimeUtc(Path.Combine(AppContext.BaseDirectory, $"{name}.dll")); // long ago where there is none
        if (Environment.ProcessPath is not { } program || Path.GetFileName(program) != name && Path.GetFileName(program) != $"{name}.exe")
            return library;
        var age = File.GetLastWriteTimeUtc(program);
        return age > library ? age : library;
    }

    /// <exception cref="FileNotFoundException">There is none of that name.</exception>
    public static Stream Open(string name) => s_assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException($"{name} is not in {s_assembly.GetName().Name}.");

    public IFileInfo GetFileInfo(string subpath)
    {
        var name = root + subpath.TrimStart('/');
        return s_assembly.GetManifestResourceInfo(name) is null ? new NotFoundFileInfo(subpath) : new Found(name);
    }

    /// <summary>Only whether a folder is there: nothing lists them.</summary>
    public IDirectoryContents GetDirectoryContents(string subpath) =>
        Array.Exists(s_assembly.GetManifestResourceNames(), name => name.StartsWith(root + subpath.TrimStart('/'), StringComparison.Ordinal)) ? Folder.Unlisted : NotFoundDirectoryContents.Singleton;

    public IChangeToken Watch(string filter) => NullChangeToken.Singleton;

    private sealed class Found(string name) : IFileInfo
    {
        public bool Exists => true;

        public long Length
        {
            get
            {
                using var stream = CreateReadStream();
                return stream.Length;
            }
        }

        public string? PhysicalPath => null;

        public string Name => name[(name.LastIndexOf('/') + 1)..];

        public DateTimeOffset LastModified => s_madeAt;

        public bool IsDirectory => false;

        public Stream CreateReadStream() => Open(name);
    }

    private sealed class Folder : IDirectoryContents
    {
        public static Folder Unlisted { get; } = new();

        public bool Exists => true;

        public IEnumerator<IFileInfo> GetEnumerator() => Enumerable.Empty<IFileInfo>().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
