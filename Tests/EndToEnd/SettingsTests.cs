using System.Diagnostics;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>The real process: what stops its start, where settings come from, and how it ends.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SettingsTests
{
    [TestCase("--EventOnly:Connections:ErrorsMax=0", "ErrorsMax")]
    [TestCase("--EventOnly:Connections:PingTimeout=soon", "soon")]
    [TestCase("--EventOnly:Connections:PingTimeOut2=00:00:09", "EventOnly:Connections:PingTimeOut2 is not a setting.")]
    [TestCase("--host=somewhere", "EventOnly:Host is 'somewhere'")]
    [TestCase("--prot=8080", "'--prot=8080' is not a setting. --help lists them.")]
    [TestCase("--port", "'--port' needs a value.")]
    [TestCase("--log=Loud", "Logging:LogLevel:Default is 'Loud'")]
    [TestCase("--EventOnly:Telemetry:OtlpEndpoint=localhost:4318", "EventOnly:Telemetry:OtlpEndpoint is 'localhost:4318'")]
    [TestCase("--host=203.0.113.7", "assign")]
    [TestCase("--EventOnly:Connections:PingTimeout=00:00:09", "PingTimeout must be longer than PingInterval")]
    public async Task A_wrong_setting_stops_the_start_with_one_clear_line(string argument, string told)
    {
        using var server = Start([argument]);

        var output = await server.StandardOutput.ReadToEndAsync();
        var error = await server.StandardError.ReadToEndAsync();
        await server.WaitForExitAsync();

        server.ExitCode.Should().Be(2);
        error.Should().StartWith("EventOnly cannot start: ").And.Contain(told);
        error.TrimEnd('\n').Should().NotContain("\n");
        output.Should().BeEmpty();
    }

    [Test]
    public async Task A_port_that_is_taken_is_told_in_one_line()
    {
        await using var other = await LiveServer.StartAsync();
        using var server = Start(["--port", $"{other.Port}", "--host", "127.0.0.1"]);

        var error = await server.StandardError.ReadToEndAsync();
        await server.WaitForExitAsync();

        server.ExitCode.Should().Be(2);
        error.Should().StartWith("EventOnly cannot start: ").And.Contain($"{other.Port}");
        error.TrimEnd('\n').Should().NotContain("\n");
    }

    [Test]
    public async Task The_command_line_comes_before_the_environment_and_that_before_the_file_and_sigterm_ends_it_well()
    {
        using var server = Start(
            ["--EventOnly:Connections:PingTimeout=00:00:40"],
            ("EventOnly__Port", "0"), ("EventOnly__Connections__PingTimeout", "00:00:50"), ("EventOnly__Connections__PingInterval", "00:00:07"));
        try
        {
            var ready = await server.StandardOutput.ReadLineAsync() ?? "";
            ready.Should().MatchRegex(@"^EventOnly is ready\. Page: http://localhost:\d+  Socket: ws://localhost:\d+/ws  \(Ctrl-C ends it\)$");
            var port = new Uri(ready.Split(' ').First(word => word.StartsWith("http", StringComparison.Ordinal))).Port;
            await using var ann = await RawClient.DialAsync(port);
            await ann.UpgradeAsync();
            var connected = await ann.IntroduceAsync("ann");

            using (var kill = Process.Start("kill", $"-TERM {server.Id}"))
                await kill.WaitForExitAsync();
            var code = await ann.HearCloseAsync();
            await ann.SendCloseAsync();
            await server.WaitForExitAsync().WaitAsync(RawClient.Patience);

            port.Should().NotBe(8080, "the file says 8080, the environment another");
            connected.Number("pingInterval").Should().Be(7000);
            connected.Number("pingTimeout").Should().Be(40000);
            code.Should().Be(1012);
            server.ExitCode.Should().Be(0);
        }
        finally
        {
            if (!server.HasExited)
                server.Kill();
        }
    }

    private static Process Start(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        if (!Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("dotnet", StringComparison.Ordinal))
            start.FileName = "dotnet";
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "EventOnly.Server.dll"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["EventOnly__Journal__Durability"] = "memory"; // else they would share a data folder
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
