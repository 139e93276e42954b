using System.Globalization;

namespace EventOnly.Server.Upkeep;

/// <summary>A line on the terminal that rewrites itself, at most a few times a second; nothing where nobody looks.</summary>
internal sealed class ProgressLine(TextWriter? terminal, string what, long total, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(200);

    // Projects are worked on side by side.
    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _next = s_period;
    private long _done;
    private int _width;

    public void Add(long bytes)
    {
        var done = Interlocked.Add(ref _done, bytes);
        if (terminal is null)
            return;
        lock (_gate)
        {
            var elapsed = time.GetElapsedTime(_start);
            if (elapsed < _next)
                return;
            _next = elapsed + s_period;
            var percent = total > 0 ? Math.Min(100, 100 * done / total) : 100;
            Show(string.Create(CultureInfo.InvariantCulture, $"{what}: {percent} %, {done / 1e6:0} of {total / 1e6:0} MB, {done / 1e6 / elapsed.TotalSeconds:0} MB/s"));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_width > 0)
                terminal?.Write("\r" + new string(' ', _width) + "\r");
        }
    }

    private void Show(string line)
    {
        terminal?.Write("\r" + line.PadRight(_width));
        _width = line.Length;
    }
}
