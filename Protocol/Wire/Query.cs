using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>What a query asks for. All conditions must hold.</summary>
public sealed record Query
{
    /// <summary>The field name that means any field, in <see cref="Match"/>.</summary>
    public const string AnyField = "*";

    public string? Kind { get; init; }

    /// <summary>Fields that must equal a value.</summary>
    public JsonFields Where { get; init; } = JsonFields.Empty;

    /// <summary>String fields that must begin with a text, ignoring case.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Match { get; init; } = [];

    /// <summary>The field to sort by; null sorts by entity id.</summary>
    public string? Sort { get; init; }

    public bool Descending { get; init; }

    /// <summary>Items to return at most; null means the server's default.</summary>
    public int? Limit { get; init; }

    /// <summary>The last item of the page before: its entity, and its value of the sort field.</summary>
    public QueryCursor? After { get; init; }
}

/// <summary>Where a page of a query ended.</summary>
public sealed record QueryCursor(string Entity, CanonicalValue? Value);
