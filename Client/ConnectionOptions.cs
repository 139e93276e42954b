using System.Net;
using System.Net.WebSockets;

namespace EventOnly.Client;

/// <summary>How a WebSocket is made.</summary>
public sealed record ConnectionOptions
{
    /// <summary>The <c>Origin</c> header. None by default; needed only to look like a page of that origin. Printable ASCII without spaces.</summary>
    /// <exception cref="ArgumentException">It has a character that no origin has: a line's end would make a header of what follows.</exception>
    public string? Origin
    {
        get;
        init => field = value is null || value.All(c => c is >= '!' and <= '~') ? value : throw new ArgumentException("An origin is printable ASCII without spaces.", nameof(value));
    }

    /// <summary>Bytes of one message from the server; a larger one ends the connection. Raise it for entities or history pages beyond 16 MiB.</summary>
    public int MessageBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>The address to connect from. The system's choice by default; many thousand connections from one machine to one port need several.</summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>The system's buffer for what has come and was not read, in bytes. The system's choice by default; a small one makes a slow reader felt.</summary>
    internal int? ReceiveBufferBytes { get; init; }

    /// <summary>Another way to a server than the network, such as <see cref="InMemoryTransportFactory"/>; null by default: TCP, and TLS for <c>wss:</c>.</summary>
    public ITransportFactory? Transport { get; init; }

    /// <summary>Another way to a socket than the network: tests connect through memory.</summary>
    internal Func<Uri, CancellationToken, Task<WebSocket>>? Dial { get; init; }
}
