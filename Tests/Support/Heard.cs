using System.Text;
using System.Text.Json;

namespace EventOnly.Tests.Support;

/// <summary>One message of the server as it came: its bytes, and its JSON.</summary>
internal sealed class Heard(byte[] utf8)
{
    private readonly JsonElement _json = JsonDocument.Parse(utf8).RootElement;

    public string Text { get; } = Encoding.UTF8.GetString(utf8);

    public string Type => this["type"].GetString()!;

    public JsonElement this[string property] => _json.GetProperty(property);

    public bool Has(string property) => _json.TryGetProperty(property, out _);

    public string? Word(string property) => _json.TryGetProperty(property, out var value) ? value.GetString() : null;

    public long Number(string property) => this[property].GetInt64();

    public bool Flag(string property) => this[property].GetBoolean();

    /// <summary>A property's JSON as it was written.</summary>
    public string Raw(string property) => this[property].GetRawText();

    /// <summary>The elements of an array; none where it is absent.</summary>
    public IEnumerable<JsonElement> List(string property) => _json.TryGetProperty(property, out var list) ? list.EnumerateArray() : [];

    public override string ToString() => Text;
}
