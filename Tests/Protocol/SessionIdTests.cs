using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class SessionIdTests
{
    // Computed once in Python: base64.urlsafe_b64encode(hashlib.sha256((user + "\n" + secret).encode()).digest())[:22]
    [TestCase("", "q3TtYv5cKf0aW8nLx2bR7g", "0VcpmqW4ys8ExqE50MET0a")]
    [TestCase("ann", "q3TtYv5cKf0aW8nLx2bR7g", "HbEHB_0JUOICVcUGODytcW")]
    [TestCase("", "loadClient-000000000042", "2N_JisIy8jbN7pDWTo-6FA")]
    public void The_public_id_is_derived_from_user_and_secret(string user, string secret, string id) =>
        SessionId.Of(user, secret).Should().Be(id);

    [Test]
    public void A_public_id_may_name_something() => Names.IsSessionSecret(SessionId.Of("", "q3TtYv5cKf0aW8nLx2bR7g")).Should().BeTrue();
}
