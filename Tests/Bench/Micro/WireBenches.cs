using System.Text;
using BenchmarkDotNet.Attributes;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Bench.Micro;

/// <summary>From bytes to a command, from an event to bytes and back.</summary>
public class WireBenches
{
    private static readonly byte[] s_command = Encoding.UTF8.GetBytes(
        """{"type":"update","project":"apollo","n":7,"entity":"card-00000005","patch":{"title":"The quick brown fox jumps over the lazy dog","votes":12,"done":false}}""");

    private static readonly byte[] s_spaced = Encoding.UTF8.GetBytes(
        """{ "type": "update", "project": "apollo", "n": 7, "entity": "card-00000005", "patch": { "title": "The quick brown fox jumps over the lazy dog", "votes": 12, "done": false } }""");

    private readonly WireCodec _server = new(WireLimits.Default);
    private readonly WireCodec _client = new(WireLimits.Trusted);
    private readonly Utf8Buffer _output = new();
    private readonly ProjectEvent _event = new(
        1042, 1_763_712_000_123, "ann", "0123456789012345678901", 7, false,
        [new Change.Patched("card-00000005", 1042, JsonFields.Parse("""{"title":"The quick brown fox jumps over the lazy dog","votes":12,"done":false}"""u8))]);

    private byte[] _told = [];

    [GlobalSetup]
    public void Tell()
    {
        WireCodec.Encode(_output, "apollo", _event);
        _told = _output.Written.ToArray();
    }

    /// <summary>As clients write it.</summary>
    [Benchmark]
    public bool DecodeCommand() => _server.TryDecode(s_command, out ClientMessage? _, out _);

    /// <summary>As a person writes it.</summary>
    [Benchmark]
    public bool DecodeCommandInGeneral() => _server.TryDecode(s_spaced, out ClientMessage? _, out _);

    [Benchmark]
    public int EncodeEvent()
    {
        _output.Clear();
        WireCodec.Encode(_output, "apollo", _event);
        return _output.Length;
    }

    [Benchmark]
    public bool DecodeEvent() => _client.TryDecode(_told, out ServerMessage? _, out _);
}
