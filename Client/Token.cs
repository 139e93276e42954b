namespace EventOnly.Client;

/// <summary>
/// What proves who we are. The caller is asked for it where there is none, or where the server would not have the one we showed; not at every
/// connection. Used by the line, one attempt at a time.
/// </summary>
internal sealed class Token(ClientOptions options)
{
    private bool _isNew; // the server has not taken it yet

    public string? Value { get; private set; } = options.Token;

    /// <summary>Asks for one if need be.</summary>
    public async ValueTask PrepareAsync(CancellationToken ct)
    {
        if (Value is not null || options.GetToken is not { } get)
            return;
        Value = await get(ct).ConfigureAwait(false);
        _isNew = true;
    }

    /// <summary>The server took it.</summary>
    public void Accepted() => _isNew = false;

    /// <summary>The server would not have it. Returns whether it is worth while to ask for another: not where it had just been given to us.</summary>
    public bool Refused()
    {
        if (options.GetToken is null || _isNew)
            return false;
        Value = null;
        return true;
    }
}
