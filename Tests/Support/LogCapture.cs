using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace EventOnly.Tests.Support;

/// <summary>Records what a server logs. What is a Warning or worse, and was not announced, fails the test that owns the server.</summary>
internal sealed class LogCapture : ILoggerProvider
{
    private readonly ConcurrentQueue<Entry> _entries = new();
    private readonly ConcurrentBag<int> _announced = [];

    internal sealed record Entry(LogLevel Level, string Category, int Id, string Message, Exception? Exception);

    public IEnumerable<Entry> Entries => _entries;

    /// <summary>Says that the test means to bring about this entry of <c>ServerLog</c>.</summary>
    public void Announce(int id) => _announced.Add(id);

    public void AssertNothingUnannounced() =>
        _entries.Where(entry => entry.Level >= LogLevel.Warning && !_announced.Contains(entry.Id))
            .Should().BeEmpty("a Warning or worse that nobody announced is a fault");

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(LogCapture capture, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            capture._entries.Enqueue(new(logLevel, category, eventId.Id, formatter(state, exception), exception));
    }
}
