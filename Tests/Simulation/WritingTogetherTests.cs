using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Simulation;

/// <summary>Several people write in one text at once, each hearing of the others when it may be.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class WritingTogetherTests
{
    [Test]
    public void Whatever_they_write_and_whenever_they_hear_of_it_all_have_the_servers_text_in_the_end([Range(1, 60)] int seed)
    {
        var chance = Given.Chance(seed);
        var bench = ABench(new() { TextWindowEditsMax = chance.Next(3) == 0 ? 3 : 4096 }, "Milk \U0001F600");
        var writers = Enumerable.Range(0, chance.Next(2, 6)).Select(i => new Writer(bench, $"w{i}")).ToArray();
        bench.WithMembers("rude");
        foreach (var writer in writers)
            writer.Enter();
        for (var step = 0; step < 400; step++)
        {
            var writer = writers[chance.Next(writers.Length)];
            switch (chance.Next(8))
            {
                case 0 or 1:
                    writer.Write(AnyText.Change(chance, writer.View));
                    break;
                case 2 or 3:
                    writer.Say();
                    break;
                case 4: // it does not know whether it was heard
                    writer.Repeat();
                    break;
                case 5:
                    BeRude(bench, chance, step + 1);
                    break;
                default:
                    writer.Take(chance.Next(1, 6));
                    break;
            }
        }
        for (var rest = 0; rest < 100 && !writers.All(writer => writer.IsDone && writer.View == TextOf(bench)); rest++)
        {
            foreach (var writer in writers)
            {
                writer.Take(int.MaxValue);
                writer.Say();
                writer.Repeat();
                writer.Take(int.MaxValue);
            }
        }

        writers.Should().AllSatisfy(writer => (writer.View, writer.IsDone).Should().Be((TextOf(bench), true)));
        IsWellFormed(TextOf(bench)).Should().BeTrue("nobody may leave half a pair");
        IsReplayed(bench, chance);
    }

    /// <summary>From the journal's lines, from zero and from a state that was kept on the way.</summary>
    private static void IsReplayed(ProjectBench bench, Random chance)
    {
        var (codec, events) = (new WireCodec(WireLimits.Trusted), bench["rude"].Events());
        var lines = events.Select(happened => Given.Line(happened).Json).ToArray();
        var (folded, kept) = (ProjectState.Empty, (ProjectState?)null);
        var (first, stop) = (bench["rude"].Events().First().Seq, chance.Next(1, lines.Length));
        first.Should().Be(2, "the text was made before it came");
        folded = Fold.Apply(folded, Given.Event(1, "earlier", 1, new Change.Created("a", "card", 1, Given.Fields("""{"notes":{"$text":"Milk \ud83d\ude00"}}"""))));
        for (var i = 0; i < lines.Length; i++)
        {
            if (i == stop)
                kept = Kept(folded);
            var happened = codec.TryDecodeEvent(lines[i].Span)!;
            folded = Fold.Apply(folded, happened);
            kept = kept is null ? null : Fold.Apply(kept, happened);
        }

        foreach (var state in new[] { folded, kept! })
        {
            (state.Seq, state.Hash, state.DataBytes).Should().Be((bench.State.Seq, bench.State.Hash, bench.State.DataBytes));
            state.Entities["a"].Texts["notes"]!.Text.ToString().Should().Be(TextOf(bench));
            state.Sessions.Should().Equal(bench.State.Sessions);
        }
        foreach (var session in events.GroupBy(happened => happened.Session))
            session.Select(happened => happened.N).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();

        ProjectState Kept(ProjectState state)
        {
            var output = new Utf8Buffer();
            WireCodec.Encode(output, state.Entities["a"]);
            return ProjectState.Restore(state.Seq, state.AtMs, [KeyValuePair.Create("a", codec.TryDecodeEntity(output.Written, state.Seq)!)], state.Sessions);
        }
    }

    [Test]
    public void Every_character_that_was_put_in_is_there_once([Range(1, 20)] int seed)
    {
        var (chance, bench, next) = (Given.Chance(seed), ABench(new(), ""), '\u4e00');
        var writers = new[] { new Writer(bench, "ann"), new Writer(bench, "bob"), new Writer(bench, "cid") };
        foreach (var writer in writers)
            writer.Enter();
        for (var step = 0; step < 600; step++)
        {
            var writer = writers[chance.Next(3)];
            if (chance.Next(3) == 0)
                writer.Write(Delta.Replace(chance.Next(writer.View.Length + 1), 0, next++.ToString()));
            writer.Say();
            if (chance.Next(4) == 0)
                writer.Repeat();
            writer.Take(chance.Next(3));
        }
        Settle(writers);

        TextOf(bench).Order().Should().Equal(Enumerable.Range('\u4e00', next - '\u4e00').Select(unit => (char)unit));
    }

    [Test]
    public void Who_types_on_at_the_same_spot_as_another_stays_in_one_piece([Range(1, 20)] int seed)
    {
        var (chance, bench) = (Given.Chance(seed), ABench(new(), ""));
        var (ann, bob) = (new Writer(bench, "ann"), new Writer(bench, "bob"));
        ann.Enter();
        bob.Enter();
        for (var typed = 0; typed < 40; typed++)
        {
            foreach (var (writer, sign) in new[] { (ann, 'A'), (bob, 'B') })
            {
                writer.Write(Delta.Replace(writer.View.LastIndexOf(sign) + 1, 0, sign.ToString()));
                if (chance.Next(2) == 0)
                    writer.Say();
                writer.Take(chance.Next(3));
            }
        }
        Settle([ann, bob]);

        TextOf(bench).Should().BeOneOf(new string('A', 40) + new string('B', 40), new string('B', 40) + new string('A', 40));
    }

    private static void Settle(Writer[] writers)
    {
        for (var rest = 0; rest < 10; rest++)
        {
            foreach (var writer in writers)
            {
                writer.Say();
                writer.Take(int.MaxValue);
            }
        }
    }

    /// <summary>Edits that may reach too far, split a pair or be on any base: they are refused, or they are good.</summary>
    private static void BeRude(ProjectBench bench, Random chance, long n)
    {
        var length = TextOf(bench).Length;
        bench.Submit("rude", n, new Command.Edit(
            "a", "notes", Math.Max(0, bench.State.Seq - chance.Next(-1, 4)), Delta.Replace(chance.Next(length + 2), chance.Next(2), "x")));
    }

    private static ProjectBench ABench(ProjectOptions options, string text) => new ProjectBench(options)
        .WithEntities(Given.Entity("a", $$$"""{"notes":{"$text":{{{System.Text.Json.JsonSerializer.Serialize(text)}}}}}"""));

    private static string TextOf(ProjectBench bench) => bench.State.Entities["a"].Texts["notes"]!.Text.ToString();

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (!char.IsHighSurrogate(text[i]) || ++i == text.Length || !char.IsLowSurrogate(text[i]))
                return false;
        }
        return true;
    }
}
