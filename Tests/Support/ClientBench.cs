namespace EventOnly.Tests.Support;

/// <summary>For tests of a client: a server of its own for each test, which says what the test has it say.</summary>
public abstract class ClientBench
{
    private protected FakeServer Server { get; private set; } = null!;

    [SetUp]
    public void StartServer() => Server = new();

    [TearDown]
    public void StopServer() => Server.Dispose();
}
