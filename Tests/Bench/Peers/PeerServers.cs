using System.Diagnostics;
using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench.Peers;

/// <summary>The servers to compare with, as far as they can be had on this machine. What cannot is named in the report; it is no failure.</summary>
internal sealed class PeerServers(BenchRun run)
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Peers");

    private bool? _hasPackages;
    private string? _floor;

    public Contender SignalR(bool acks = false) => new(
        "SignalR", _ => new ServerProcess("dotnet", Path.Combine(AppContext.BaseDirectory, "EventOnly.Bench.dll"), SignalRPeer.Argument), _ => new SignalRDialect(acks));

    public Contender? Ws(bool framed) => HasPackages() ? new(
        framed ? "npm ws, framed once" : "npm ws, send each", _ => new ServerProcess("node", Path.Combine(s_folder, "ws.js"), framed ? "framed" : "each"),
        _ => new PlainDialect()) : null;

    public Contender? SocketIo(bool acks = false) => HasPackages() ? new(
        "Socket.IO", _ => new ServerProcess("node", Path.Combine(s_folder, "socketio.js")), _ => new SocketIoDialect(acks)) : null;

    public Contender? Floor() => Compiled() is { Length: > 0 } program ? new("C, the floor", _ => new ServerProcess(program), _ => new PlainDialect()) : null;

    /// <summary>The program that has ShareDB make edits; null where it cannot be had.</summary>
    public string? ShareDb() => HasPackages() ? Path.Combine(s_folder, "sharedb.js") : null;

    private bool HasPackages()
    {
        if (_hasPackages is { } known)
            return known;
        run.Tell("npm packages of the peers");
        var isThere = Array.TrueForAll(["ws", "socket.io", "sharedb", "ot-text-unicode"], package => File.Exists(Path.Combine(s_folder, "node_modules", package, "package.json")))
            || Run("npm", "install", "--no-package-lock", "--no-fund", "--no-audit", "--silent") is not null;
        var node = isThere ? Run("node", "--version") : null;
        if (node is null)
            run.Note("Missing: npm ws, Socket.IO and ShareDB: node or the packages that Tests/Bench/Peers/package.json names cannot be had here");
        else
            run.Note($"node {node}, ws {VersionOf("ws")}, socket.io {VersionOf("socket.io")}, sharedb {VersionOf("sharedb")}");
        return (_hasPackages = node is not null).Value;
    }

    private string Compiled()
    {
        if (_floor is not null)
            return _floor;
        var program = Path.Combine(s_folder, "floor");
        if (Run("cc", "-O2", "-o", program, "floor.c") is null)
            run.Note("Missing: the floor in C: there is no compiler named cc here");
        else
            run.Note(Run("cc", "--version")!.Split('\n')[0]);
        return _floor = File.Exists(program) ? program : "";
    }

    private static string VersionOf(string package)
    {
        using var described = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(s_folder, "node_modules", package, "package.json")));
        return described.RootElement.GetProperty("version").GetString()!;
    }

    /// <summary>What a program says; null where it is not there or fails.</summary>
    public static string? Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = s_folder })!;
            process.BeginErrorReadLine();
            var said = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? said.Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
