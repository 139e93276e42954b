using EventOnly.Server.Connections;
using Microsoft.Extensions.Primitives;

namespace EventOnly.Tests.Server.Connections;

[Parallelizable]
public sealed class DeflateOfferTests
{
    private const string Agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    [TestCase("permessage-deflate", Agreed)]
    [TestCase("permessage-deflate; client_max_window_bits", Agreed, Description = "what browsers say")]
    [TestCase("permessage-deflate;client_max_window_bits=8", Agreed)]
    [TestCase(" permessage-deflate ;\tserver_no_context_takeover ; client_no_context_takeover ", Agreed)]
    [TestCase("permessage-deflate; server_max_window_bits=15", Agreed + "; server_max_window_bits=15", Description = "a bound is kept only where it is repeated")]
    [TestCase("permessage-deflate; server_max_window_bits=\"15\"", Agreed + "; server_max_window_bits=15")]
    [TestCase("permessage-deflate; server_max_window_bits=\"1\\5\"", Agreed + "; server_max_window_bits=15")]
    [TestCase("permessage-deflate; server_max_window_bits=10, permessage-deflate", Agreed, Description = "the second offer can be kept")]
    [TestCase("x-webkit-deflate-frame, permessage-deflate", Agreed)]
    [TestCase("foo; bar=\"a\"; permessage-deflate, , permessage-deflate", Agreed)]
    [TestCase(", permessage-deflate,", Agreed)]
    [TestCase("", null)]
    [TestCase(",", null)]
    [TestCase("foo", null)]
    [TestCase("permessage-deflate-frame", null)]
    [TestCase("PerMessage-Deflate", null)]
    [TestCase("permessage-deflate; server_max_window_bits", null)]
    [TestCase("permessage-deflate; server_max_window_bits=8", null)]
    [TestCase("permessage-deflate; server_max_window_bits=14", null)]
    [TestCase("permessage-deflate; server_max_window_bits=16", null)]
    [TestCase("permessage-deflate; server_max_window_bits=015", null)]
    [TestCase("permessage-deflate; client_max_window_bits=7", null)]
    [TestCase("permessage-deflate; client_max_window_bits=16", null)]
    [TestCase("permessage-deflate; client_max_window_bits=x", null)]
    [TestCase("permessage-deflate; client_max_window_bits=", null)]
    [TestCase("permessage-deflate; server_no_context_takeover=1", null)]
    [TestCase("permessage-deflate; client_no_context_takeover=\"\"", null)]
    [TestCase("permessage-deflate; server_no_context_takeover; server_no_context_takeover", null)]
    [TestCase("permessage-deflate; client_max_window_bits; client_max_window_bits=9", null)]
    [TestCase("permessage-deflate; foo", null)]
    [TestCase("permessage-deflate; ", null)]
    [TestCase("permessage-deflate; =15", null)]
    [TestCase("permessage-deflate client_max_window_bits", null)]
    [TestCase("permessage-deflate; server_max_window_bits=\"15", null)]
    [TestCase("permessage-deflate; server_max_window_bits=\"15\\", null)]
    [TestCase("permessage-deflate; server_max_window_bits=\"1 5\"", null)]
    [TestCase("perm\u00e9ssage-deflate", null)]
    [TestCase("@, permessage-deflate", null, Description = "where the next offer begins cannot be told")]
    public void An_offer_that_can_be_kept_is_taken_and_every_other_passed_over(string offer, string? answer) =>
        DeflateOffer.Answer(offer).Should().Be(answer);

    [Test]
    public void Offers_may_stand_in_several_headers_and_a_malformed_one_spoils_only_itself()
    {
        DeflateOffer.Answer(new StringValues(["foo", "permessage-deflate"])).Should().Be(Agreed);
        DeflateOffer.Answer(new StringValues(["\"", "permessage-deflate"])).Should().Be(Agreed);
        DeflateOffer.Answer(StringValues.Empty).Should().BeNull();
    }
}
