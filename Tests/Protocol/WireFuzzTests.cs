using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class WireFuzzTests
{
    private const int FramesPerSeed = 2_000;

    private static readonly byte[][] s_client = [.. GoldenFrames.Client.Select(Given.Utf8)];
    private static readonly byte[][] s_server = [.. GoldenFrames.Server.Select(Given.Utf8)];

    private static readonly string[] s_splices =
    [
        "null", "[]", "{}", "{\"a\":1,\"a\":2}", "\"\\ud800\"", "\"\\u0000\"", "1e999", "-0", "9007199254740993", "\"__proto__\"", "{\"__proto__\":1}",
        new string('[', 40), "\"n\":1,", "\"type\":\"batch\",", "\"ops\":[{\"type\":\"batch\"}],", "true", "\uFEFF", "😀", "1.5", "-1", ",", "}",
    ];

    [Test]
    public void However_a_clients_frame_is_mutilated_it_is_understood_or_answered_with_a_code([Range(1, 10)] int seed)
    {
        var (chance, codec) = (Given.Chance(seed), new WireCodec(WireLimits.Default));
        for (var i = 0; i < FramesPerSeed; i++)
        {
            var frame = Mutilate(s_client, chance);

            if (codec.TryDecode(frame, out ClientMessage? message, out var fault))
                ReadsBackTheSame(codec, message!);
            else
                IsAnAnswer(fault!, Given.Text(frame));
        }
    }

    [Test]
    public void However_a_servers_frame_is_mutilated_a_client_does_not_throw([Range(1, 5)] int seed)
    {
        var (chance, codec) = (Given.Chance(seed), new WireCodec(WireLimits.Trusted));
        for (var i = 0; i < FramesPerSeed; i++)
        {
            var frame = Mutilate(s_server, chance);

            codec.TryDecode(frame, out ServerMessage? message, out var fault).Should().Be(message is not null, fault?.Message);
        }
    }

    [Test]
    public void Bytes_of_no_kind_whatever_are_answered_with_a_code()
    {
        var (chance, codec) = (Given.Chance(1), new WireCodec(WireLimits.Default));
        for (var i = 0; i < FramesPerSeed; i++)
        {
            var frame = new byte[chance.Next(60)];
            chance.NextBytes(frame);

            codec.TryDecode(frame, out ClientMessage? _, out var fault).Should().BeFalse();

            IsAnAnswer(fault!, Convert.ToHexString(frame));
        }
    }

    private static void ReadsBackTheSame(WireCodec codec, ClientMessage message)
    {
        var (once, twice) = (Written(message), new Utf8Buffer());
        codec.TryDecode(once, out ClientMessage? again, out var fault).Should().BeTrue($"{fault?.Message}: {Given.Text(once)}");
        WireCodec.Encode(twice, again!);
        Given.Text(twice.Written).Should().Be(Given.Text(once));
    }

    private static byte[] Written(ClientMessage message)
    {
        var output = new Utf8Buffer();
        WireCodec.Encode(output, message);
        return output.Written.ToArray();
    }

    private static void IsAnAnswer(FrameFault fault, string frame)
    {
        fault.Code.Should().BeOneOf(ErrorCode.Invalid, ErrorCode.TooLarge, ErrorCode.Unsupported);
        (fault.Detail is null).Should().Be(fault.Code != ErrorCode.Invalid, frame);
        fault.Message.Should().NotBeEmpty();
        (fault.Id is null || Names.IsName(fault.Id)).Should().BeTrue(frame);
        (fault.Project is null || Names.IsProjectId(fault.Project)).Should().BeTrue(frame);
    }

    private static byte[] Mutilate(byte[][] frames, Random chance)
    {
        var frame = frames[chance.Next(frames.Length)].ToList();
        for (var times = chance.Next(1, 4); times > 0; times--)
        {
            var at = chance.Next(frame.Count + 1);
            var count = Math.Min(chance.Next(1, 9), frame.Count - at);
            switch (chance.Next(6))
            {
                case 0:
                    frame.RemoveRange(at, count);
                    break;
                case 1:
                    frame.InsertRange(at, frame.GetRange(at, count));
                    break;
                case 2 when at < frame.Count:
                    frame[at] = (byte)chance.Next(256);
                    break;
                case 3 when at < frame.Count:
                    frame[at] ^= (byte)(1 << chance.Next(8));
                    break;
                case 4: // a piece of another frame
                    var other = frames[chance.Next(frames.Length)];
                    frame.InsertRange(at, other.AsSpan(chance.Next(other.Length)).ToArray().Take(chance.Next(30)));
                    break;
                default:
                    frame.InsertRange(at, Given.Utf8(s_splices[chance.Next(s_splices.Length)]));
                    break;
            }
        }
        return [.. frame];
    }
}
