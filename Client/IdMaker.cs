namespace EventOnly.Client;

/// <summary>Makes entity ids: the kind for the eye, the time to sort by, chance to be alone. Not for several threads.</summary>
internal sealed class IdMaker(TimeProvider time, Random random)
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"; // in code unit order: sorts as it counts
    private const int TimeLength = 8;
    private const int ChanceLength = 12;
    private const int KindLengthMax = 40;

    private long _last;

    /// <summary>As <c>card-0Vt3…</c>; ids of one maker sort in the order they were made, however fast.</summary>
    public string Next(string kind)
    {
        _last = Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds(), _last + 1);
        Span<char> made = stackalloc char[TimeLength + ChanceLength];
        var rest = _last;
        for (var i = TimeLength - 1; i >= 0; i--, rest /= Base62.Length)
            made[i] = Base62[(int)(rest % Base62.Length)];
        random.GetItems(Base62, made[TimeLength..]);
        return $"{kind.AsSpan(0, Math.Min(kind.Length, KindLengthMax))}-{made}";
    }
}
