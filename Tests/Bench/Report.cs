using System.Globalization;
using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace EventOnly.Tests.Bench;

/// <summary>Figures for people, for pipes, for programs and for the documentation.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static string Show(double value) => value.ToString(value switch { >= 1000 => "N0", >= 100 => "F0", >= 10 => "F1", _ => "F2" }, CultureInfo.InvariantCulture);

    /// <summary>Tables on a terminal; elsewhere a line for each row, which can be searched.</summary>
    public static void Print(IAnsiConsole console, Machine machine, IReadOnlyList<Row> rows, IReadOnlyList<string> notes)
    {
        if (!console.Profile.Out.IsTerminal)
        {
            PrintPlain(console.Profile.Out.Writer, machine, rows, notes);
            return;
        }
        console.WriteLine(Describe(machine));
        foreach (var note in notes)
            console.WriteLine(note);
        foreach (var section in rows.GroupBy(row => row.Section))
        {
            var table = new Table().Title(Markup.Escape(section.Key)).AddColumn("");
            foreach (var figure in section.First().Figures)
                table.AddColumn(new TableColumn(Markup.Escape(figure.Name)).RightAligned());
            foreach (var row in section)
                table.AddRow([Markup.Escape(row.Name), .. row.Figures.Select(figure => figure.IsMet == false ? $"[red]{Markup.Escape(Show(figure))}[/]" : Markup.Escape(Show(figure)))]);
            console.Write(table);
        }
    }

    private static void PrintPlain(TextWriter output, Machine machine, IReadOnlyList<Row> rows, IReadOnlyList<string> notes)
    {
        output.WriteLine(Describe(machine));
        foreach (var note in notes)
            output.WriteLine(note);
        foreach (var row in rows)
            output.WriteLine($"{row.Section} | {row.Name} | {string.Join(", ", row.Figures.Select(figure => $"{figure.Name}: {Show(figure)}"))}");
    }

    public static string ToJson(string bench, Machine machine, IReadOnlyList<Row> rows, IReadOnlyList<string> notes) =>
        JsonSerializer.Serialize(new { bench, machine, notes, rows }, s_json);

    public static string ToMarkdown(string bench, Machine machine, IReadOnlyList<Row> rows, IReadOnlyList<string> notes)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# `./run.sh bench {bench}`\n\n{Describe(machine)}\n\nAbsolute figures hold for that machine only. A figure with a ✗ misses its goal.\n");
        if (notes.Count > 0)
            page.Append(CultureInfo.InvariantCulture, $"\n{string.Join("\n", notes.Select(note => $"- {note}"))}\n");
        page.Append(CultureInfo.InvariantCulture, $"\n![The first figure of each row, as bars]({bench}.svg)\n");
        foreach (var section in rows.GroupBy(row => row.Section))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {section.Key}\n\n| |{string.Concat(section.First().Figures.Select(figure => $" {figure.Name} |"))}\n");
            page.Append(CultureInfo.InvariantCulture, $"|---|{string.Concat(section.First().Figures.Select(_ => "---:|"))}\n");
            foreach (var row in section)
                page.Append(CultureInfo.InvariantCulture, $"| {row.Name} |{string.Concat(row.Figures.Select(figure => $" {Show(figure)} |"))}\n");
        }
        return page.ToString();
    }

    private static string Describe(Machine machine) =>
        $"{machine.Date}: {machine.Name}, {machine.Cores} cores, {machine.FileSystem}, {machine.Kernel}, {machine.Runtime}.";

    public static string Show(Figure figure)
    {
        if (figure.Value is not { } value)
            return "–";
        var shown = figure.Unit.Length > 0 ? $"{Show(value)} {figure.Unit}" : Show(value);
        return figure.IsMet switch { true => $"{shown} ✓ ({figure.Goal})", false => $"{shown} ✗ ({figure.Goal})", _ => shown };
    }
}
