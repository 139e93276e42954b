using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Upkeep;

/// <summary>Verbs that look after a data folder without serving it.</summary>
internal static class UpkeepVerbs
{
    public const int Ok = 0;

    /// <summary>It ran, and something is damaged.</summary>
    public const int Damaged = 1;

    /// <summary>It could not run: wrong arguments, no such folder, a server that uses it.</summary>
    public const int WrongUsage = 2;

    public const string Help = """
        EventOnly.Server verify DATA [PROJECT...] [--fold] [--quiet]
            Checks every line of every project, or of those named, snapshots too. Only reads; may run beside a server.
            --fold also folds the events, compares that with the snapshots and prints each project's state hash, entities and sessions.
        EventOnly.Server repair DATA PROJECT [--yes] [--quiet]
            Says what repairing a damaged project would keep and lose; with --yes does it. Not beside a server.
        """;

    /// <summary>Bytes of a project's segments and snapshots; 0 where nobody looks at a terminal.</summary>
    public static long BytesOf(IJournalFiles files, string folder, TextWriter? terminal) => terminal is null ? 0 : files.List(folder)
        .Where(name => Segment.AfterOf(name) is not null || SnapshotFile.SeqOf(name) is not null).Sum(name =>
        {
            try
            {
                using var file = files.OpenToRead(Path.Combine(folder, name));
                return file.Length;
            }
            catch (FileNotFoundException)
            {
                return 0; // a server has just dropped it
            }
        });

    /// <summary>The exit code of a verb; null where the arguments are none of an upkeep verb's.</summary>
    public static async Task<int?> RunAsync(string[] args, TextWriter output, TextWriter error, bool isTerminal)
    {
        if (args is not ["verify" or "repair", .. var rest])
            return null;
        string[] known = args[0] == "verify" ? ["--fold", "--quiet"] : ["--yes", "--quiet"];
        string[] flags = [.. rest.Where(arg => arg.StartsWith('-'))];
        string[] names = [.. rest.Where(arg => !arg.StartsWith('-'))];
        if (flags.FirstOrDefault(flag => !known.Contains(flag)) is { } unknown)
            return Refuse($"'{unknown}' is not known.");
        if (names.Length == 0 || (args[0] == "repair" && names.Length != 2))
            return Refuse(args[0] == "repair" ? "A data folder and one project are needed." : "A data folder is needed.");
        var (data, projects) = (names[0], names[1..]);
        if (!Directory.Exists(data))
            return Refuse($"There is no folder '{data}'.");
        if (projects.FirstOrDefault(project => !Names.IsProjectId(project) || !Directory.Exists(Path.Combine(data, project))) is { } missing)
            return Refuse($"There is no project '{missing}' in '{data}'.");

        var terminal = isTerminal && !flags.Contains("--quiet") ? error : null;
        try
        {
            return args[0] == "verify"
                ? await new VerifyVerb(new DiskFiles(), output, terminal).RunAsync(data, projects, flags.Contains("--fold"))
                : await new RepairVerb(new DiskFiles(), output, terminal).RunAsync(data, projects[0], flags.Contains("--yes"));
        }
        catch (IOException wrong)
        {
            return Refuse(wrong.Message);
        }

        int Refuse(string message)
        {
            error.WriteLine(message);
            if (names.Length == 0)
                error.WriteLine(Help);
            return WrongUsage;
        }
    }
}
