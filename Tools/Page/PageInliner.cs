using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace EventOnly.Tools.Page;

/// <summary>
/// Makes one file of a page, so that it works when opened from disk, where a browser loads no modules from neighbouring files. Stylesheets become
/// style elements. Modules become data: URLs in an import map, each under its path as a bare specifier, which data: URLs can import.
/// </summary>
internal sealed partial class PageInliner(string folder)
{
    private readonly SortedDictionary<string, string> _modules = new(StringComparer.Ordinal);

    /// <param name="server">What goes into <c>&lt;meta name="eventonly-server"&gt;</c>; null leaves it as it is.</param>
    /// <exception cref="PageException">The page uses something that cannot stand in one file.</exception>
    public string Inline(string page, Uri? server)
    {
        var html = Read(page);
        html = Stylesheet().Replace(html, link => Style(link.Groups["file"].Value));
        html = Module().Replace(html, script => $"<script type=\"module\">import \"{Add(script.Groups["file"].Value)}\";</script>");
        if (LocalFile().Match(html) is { Success: true } left)
            throw new PageException($"{page}: {left.Value.Trim()} cannot stand in one file.");
        if (server is not null)
            html = ServerSetting().Replace(html, "$1" + HtmlEncoder.Default.Encode(server.ToString()) + "$2");
        // Before the first module, or the browser does not honour it.
        return FirstScript().Replace(html, $"<script type=\"importmap\">{ImportMap()}</script>\n  $0", 1);
    }

    private string Style(string file)
    {
        var css = Read(file);
        if (CssFile().Match(css) is { Success: true } other)
            throw new PageException($"{file}: {other.Value} cannot stand in one file.");
        return $"<style>\n{css.Replace("</", "<\\/", StringComparison.Ordinal)}</style>";
    }

    /// <summary>Takes in a module with all it imports. Returns its name in the import map.</summary>
    private string Add(string path)
    {
        var name = Normalize(path);
        if (_modules.TryAdd(name, "")) // before its imports, which may lead back to it
        {
            var source = StaticImport().Replace(Read(name), import =>
            {
                var target = Path.Combine(Path.GetDirectoryName(name) ?? "", import.Groups["file"].Value);
                return $"{import.Groups["head"].Value}\"{Add(target)}\"";
            });
            _modules[name] = source;
        }
        return name;
    }

    /// <summary>In base64 nothing in a module can end the script element it stands in.</summary>
    private string ImportMap() => new JsonObject
    {
        ["imports"] = new JsonObject(_modules.Select(module => KeyValuePair.Create<string, JsonNode?>(
            module.Key, "data:text/javascript;charset=utf-8;base64," + Convert.ToBase64String(Encoding.UTF8.GetBytes(module.Value))))),
    }.ToJsonString(s_plain);

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private string Normalize(string path)
    {
        var relative = Path.GetRelativePath(folder, Path.GetFullPath(path, Path.GetFullPath(folder))).Replace('\\', '/');
        return relative.StartsWith("..", StringComparison.Ordinal) ? throw new PageException($"{path} is outside {folder}.") : relative;
    }

    private string Read(string name)
    {
        var path = Path.Combine(folder, Normalize(name));
        return File.Exists(path) ? File.ReadAllText(path) : throw new PageException($"{path} does not exist.");
    }

#pragma warning disable MA0009 // These read our own page, not a stranger's.
    [GeneratedRegex("""<link rel="stylesheet" href="(?<file>[^":]+)">""", RegexOptions.ExplicitCapture)]
    private static partial Regex Stylesheet();

    [GeneratedRegex("""<script type="module" src="(?<file>[^":]+)"></script>""", RegexOptions.ExplicitCapture)]
    private static partial Regex Module();

    /// <summary>A script, stylesheet or image that is still fetched from a neighbouring file.</summary>
    [GeneratedRegex("""<(script|img|link rel="(stylesheet|modulepreload|icon)")\b[^>]*\s(src|href)="(?!data:)[^"#]""", RegexOptions.ExplicitCapture)]
    private static partial Regex LocalFile();

    [GeneratedRegex("""(<meta name="eventonly-server" content=")[^"]*(")""")]
    private static partial Regex ServerSetting();

    [GeneratedRegex("<script")]
    private static partial Regex FirstScript();

    [GeneratedRegex("""@import|url\(\s*['"]?(?!data:|#)""", RegexOptions.ExplicitCapture)]
    private static partial Regex CssFile();

    /// <summary>At the start of a line, as this house writes them; so neither the types in comments nor strings are taken for imports.</summary>
    [GeneratedRegex("""^(?<head>(import\s*|(import|export)\b[^'"`;()=]*?\bfrom\s*))(?<quote>['"])(?<file>\.{1,2}/[^'"]+)\k<quote>""", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex StaticImport();
#pragma warning restore MA0009
}

/// <summary>The page cannot be made into one file; the message says why.</summary>
internal sealed class PageException(string message) : Exception(message);
