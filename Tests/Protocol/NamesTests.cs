using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class NamesTests
{
    private const string Long64 = "a123456789a123456789a123456789a123456789a123456789a123456789abcd";

    [TestCase("a", true)]
    [TestCase("Card-5", true)]
    [TestCase("x.y:z_-", true)]
    [TestCase("-", true)]
    [TestCase("0", true)]
    [TestCase(Long64, true)]
    [TestCase(Long64 + "e", false)]
    [TestCase("", false)]
    [TestCase("a b", false)]
    [TestCase("a/b", false)]
    [TestCase("ä", false)]
    [TestCase("a\n", false)]
    [TestCase("*", false)]
    [TestCase("__proto__", false)]
    [TestCase("constructor", false)]
    [TestCase("prototype", false)]
    [TestCase("Constructor", true)]
    public void A_name_is_1_to_64_of_a_plain_set_and_no_magic_key(string text, bool good) => Names.IsName(text).Should().Be(good);

    [TestCase("apollo", true)]
    [TestCase("a", true)]
    [TestCase("0a.b_c-d", true)]
    [TestCase(Long64, true)]
    [TestCase(Long64 + "e", false)]
    [TestCase("", false)]
    [TestCase("Apollo", false)]
    [TestCase(".a", false)]
    [TestCase("-a", false)]
    [TestCase("_a", false)]
    [TestCase("a..b", false)]
    [TestCase("a.", true)]
    [TestCase("a/b", false)]
    [TestCase("a:b", false)]
    [TestCase("ä", false)]
    [TestCase("a\0", false)]
    public void A_project_id_is_safe_as_the_name_of_a_folder(string text, bool good) => Names.IsProjectId(text).Should().Be(good);

    [TestCase("0123456789abcdef", true)]
    [TestCase("0123456789abcde", false)]
    [TestCase(Long64, true)]
    [TestCase(Long64 + "e", false)]
    [TestCase("0123456789abcde.", false)]
    [TestCase("ABCDEF_-89abcdef", true)]
    public void A_session_secret_is_16_to_64_of_base64url(string text, bool good) => Names.IsSessionSecret(text).Should().Be(good);

    [TestCase("ann", true)]
    [TestCase("Änn O'Neill 😀", true)]
    [TestCase(Long64, true)]
    [TestCase(Long64 + "e", false)]
    [TestCase("", false)]
    [TestCase("a\nb", false)]
    [TestCase("a\u0085b", false)]
    [TestCase("a\u007fb", false)]
    public void A_user_name_is_1_to_64_characters_without_control_characters(string text, bool good) => Names.IsUserName(text).Should().Be(good);
}
