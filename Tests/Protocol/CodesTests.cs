using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class CodesTests
{
    [Test]
    public void The_error_codes_are_those_of_the_documentation() =>
        ErrorCodes.All.Select(row => (row.Word, row.Retryable ? "yes" : "no"))
            .Should().Equal(Table("<!-- codes:").Select(row => (row[0], row[1])));

    [Test]
    public void The_close_codes_are_those_of_the_documentation() =>
        CloseCodes.All.Select(row => ($"{(int)row.Code}", row.Word, Words(row.Advice)))
            .Should().Equal(Table("<!-- closes:").Select(row => (row[0], row[1], row[2])));

    [Test]
    public void Every_error_code_has_its_row([Values] ErrorCode code)
    {
        ErrorCodes.All[(int)code].Code.Should().Be(code);
        ErrorCodes.FromWord(code.Word()).Should().Be(code);
    }

    [Test]
    public void Every_close_code_has_its_row([Values] CloseCode code) => code.Describe().Code.Should().Be(code);

    [Test]
    public void A_word_of_a_later_version_counts_as_a_fault_of_the_server() => ErrorCodes.FromWord("quantum").Should().Be(ErrorCode.Internal);

    [TestCase(1006)]
    [TestCase(4999)]
    public void After_a_close_that_is_in_no_table_a_client_backs_off(int code) => CloseCodes.Advice(code).Should().Be(CloseAdvice.BackOff);

    private static string Words(CloseAdvice advice) => advice switch
    {
        CloseAdvice.Reconnect => "reconnect",
        CloseAdvice.BackOff => "back off",
        _ => "stop",
    };

    /// <summary>The rows of the table behind a mark, without its head.</summary>
    private static IEnumerable<string[]> Table(string mark) =>
        File.ReadLines(Repository.PathOf("docs", "wire.md"))
            .SkipWhile(line => !line.StartsWith(mark, StringComparison.Ordinal)).Skip(3)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim().Trim('`')).ToArray());
}
