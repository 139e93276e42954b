namespace EventOnly.Tests.Bench;

/// <summary>What was asked for on the command line.</summary>
/// <param name="Bench">Null: list what there is.</param>
/// <param name="Only">What the name of a part contains that is to be measured; null: all are.</param>
/// <param name="Record">The folder of the documentation's figures; null: they stay as they are.</param>
internal sealed record BenchArguments(string? Bench, Sizes Sizes, string? Json, string Folder, string? Record, string? Server = null, string? Only = null)
{
    public const string Help = """
        ./run.sh bench NAME [--short | --long] [--no-peers] [--server DLL] [--json FILE] [--folder FOLDER] [--only PART | --record]

          --short          less than three minutes, for a look
          --long           longer, for figures to keep
          --no-peers       only our own server, without those it is compared with
          --server DLL     another build of the server
          --json FILE      the figures for programs
          --folder FOLDER  a folder on the disk to measure (the current one); nothing stays there
          --only PART      only the parts whose name contains it, as "join storm": the names are told while it measures
          --record         writes the figures to docs/benchmarks, with a chart

        Servers run on the first core, the load on the last; each comparison has all its servers in one run, in random order. npm packages of
        the peers are fetched at first use; a peer that cannot be had is named. A goal that is missed is marked. Where events are lost, doubled or out of order, that is
        said, those figures are left out, and the exit code is 1.
        """;

    /// <summary>Of the project this program was built in: relative names are meant from where the caller is, this one is not.</summary>
    private static readonly string s_record = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "..", "docs", "benchmarks"));

    /// <exception cref="FormatException">Something is not understood; the message says what.</exception>
    public static BenchArguments Read(string[] args)
    {
        var asked = new BenchArguments(null, Sizes.Usual, null, ".", null);
        for (var i = 0; i < args.Length; i++)
        {
            asked = args[i] switch
            {
                "--short" => asked with { Sizes = Sizes.Short with { HasPeers = asked.Sizes.HasPeers } },
                "--long" => asked with { Sizes = Sizes.Long with { HasPeers = asked.Sizes.HasPeers } },
                "--no-peers" => asked with { Sizes = asked.Sizes with { HasPeers = false } },
                "--server" => asked with { Server = Path.GetFullPath(ValueOf(args, ref i)) },
                "--record" => asked with { Record = s_record },
                "--only" => asked with { Only = ValueOf(args, ref i) },
                "--json" => asked with { Json = ValueOf(args, ref i) },
                "--folder" => asked with { Folder = ValueOf(args, ref i) },
                _ when Benches.All.Any(bench => bench.Name == args[i]) && asked.Bench is null => asked with { Bench = args[i] },
                _ => throw new FormatException($"'{args[i]}' is not known."),
            };
        }
        if (asked is { Only: not null, Record: not null })
            throw new FormatException("'--record' keeps a whole bench, not '--only' a part.");
        return asked;
    }

    private static string ValueOf(string[] args, ref int i) => ++i < args.Length ? args[i] : throw new FormatException($"'{args[i - 1]}' needs a value.");
}
