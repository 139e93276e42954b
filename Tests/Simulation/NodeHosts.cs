using System.Collections.Concurrent;

namespace EventOnly.Tests.Simulation;

/// <summary>A process of Node for each worker of the tests, not for each world.</summary>
internal sealed class NodeHosts : IDisposable
{
    private readonly ConcurrentBag<NodeHost> _idle = [];

    /// <summary>Gives a crew that needs one a process.</summary>
    public void With(Crew crew, Action<NodeHost?> act)
    {
        if (crew == Crew.CSharp)
        {
            act(null);
            return;
        }
        if (!_idle.TryTake(out var host))
            host = new();
        try
        {
            act(host);
        }
        finally
        {
            _idle.Add(host);
        }
    }

    public void Dispose()
    {
        foreach (var host in _idle)
            host.Dispose();
    }
}
