using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace EventOnly.Tests.Web;

/// <summary>
/// Watches a page from its first byte for anything that is not its static files and its one WebSocket: at the browser's network, inside the
/// page, in its resource timing and by its content security policy.
/// </summary>
internal sealed class NoAjaxProbe
{
    private const string Counters = """
        (() => {
          const seen = window.__seen = { calls: [], violations: [], openSockets: 0, mostSockets: 0, loaded: false };
          const note = name => { seen.calls.push(name); };
          const wrap = (owner, name, label) => {
            const original = owner?.[name];
            if (original) owner[name] = function (...args) { note(label); return original.apply(this, args); };
          };
          wrap(window, 'fetch', 'fetch');
          wrap(XMLHttpRequest.prototype, 'open', 'XMLHttpRequest');
          wrap(XMLHttpRequest.prototype, 'send', 'XMLHttpRequest');
          wrap(Navigator.prototype, 'sendBeacon', 'sendBeacon');
          wrap(window.ServiceWorkerContainer?.prototype, 'register', 'serviceWorker');
          for (const name of ['EventSource', 'Worker', 'SharedWorker', 'RTCPeerConnection', 'WebTransport']) {
            const Original = window[name];
            if (Original) window[name] = class extends Original { constructor(...args) { note(name); super(...args); } };
          }
          const create = Document.prototype.createElement;
          Document.prototype.createElement = function (tag, ...rest) {
            if (seen.loaded && /^(script|iframe|img)$/i.test(tag)) note('createElement ' + tag);
            return create.call(this, tag, ...rest);
          };
          const Socket = window.WebSocket;
          window.WebSocket = class extends Socket {
            constructor(...args) {
              super(...args);
              seen.mostSockets = Math.max(seen.mostSockets, ++seen.openSockets);
              this.addEventListener('close', () => { seen.openSockets--; });
            }
          };
          addEventListener('securitypolicyviolation', event => { seen.violations.push(event.violatedDirective + ' ' + event.blockedURI); });
          addEventListener('load', () => { seen.loaded = true; });
        })();
        """;

    private static readonly string[] s_staticTypes = ["document", "script", "stylesheet", "image", "websocket"];

    private readonly ConcurrentQueue<string> _beforeLoad = new();
    private readonly ConcurrentQueue<string> _afterLoad = new();
    private readonly ConcurrentQueue<string> _sockets = new();
    private readonly IPage _page;
    private volatile bool _loaded;

    private NoAjaxProbe(IPage page)
    {
        _page = page;
        page.Request += (_, request) => (_loaded ? _afterLoad : _beforeLoad).Enqueue($"{request.ResourceType} {request.Url}");
        page.WebSocket += (_, socket) => _sockets.Enqueue(socket.Url);
        page.Load += (_, _) => _loaded = true;
    }

    /// <summary>Sockets the page has opened so far.</summary>
    public int Sockets => _sockets.Count;

    public static async Task<NoAjaxProbe> WatchAsync(IPage page)
    {
        await page.AddInitScriptAsync(Counters);
        return new(page);
    }

    /// <summary>Everything that was not a static file or the socket, in words; empty is the claim.</summary>
    public async Task<IReadOnlyList<string>> FindingsAsync()
    {
        var findings = new List<string>();
        findings.AddRange(_afterLoad.Select(request => "after load: " + request));
        findings.AddRange(_beforeLoad.Where(request => !s_staticTypes.Contains(request.Split(' ')[0])).Select(request => "while loading: " + request));
        findings.AddRange((await _page.EvaluateAsync<string[]>("window.__seen.calls")).Select(call => "called: " + call));
        findings.AddRange((await _page.EvaluateAsync<string[]>("window.__seen.violations")).Select(violation => "policy: " + violation));
        findings.AddRange((await _page.EvaluateAsync<string[]>(
            "performance.getEntriesByType('resource').filter(entry => ['fetch', 'xmlhttprequest', 'beacon'].includes(entry.initiatorType)).map(entry => entry.name)"))
            .Select(name => "timed: " + name));
        if (await _page.EvaluateAsync<int>("window.__seen.mostSockets") is > 1 and var most)
            findings.Add($"{most} sockets were open at once");
        return findings;
    }
}
