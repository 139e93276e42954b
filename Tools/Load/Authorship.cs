using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Load;

/// <summary>
/// Whose an event is, by the session and the number it carries. A project is this run's own, so an event that no member asked for is a breach.
/// </summary>
internal sealed class Authorship(LoadSite site, string project)
{
    /// <param name="member">The first who hears it.</param>
    public Heard Of(int member, long seq, ReadOnlyMemory<byte> frame)
    {
        if (!site.Codec.TryDecode(frame.Span, out ServerMessage? message, out var fault) || message is not ServerMessage.Happened { Event: var happened })
            return Nobody(member, seq, $"an event cannot be understood: {fault?.Message ?? "it is none"}");
        if (site.AuthorOf(happened.Session) is not { } author || author.Record.Id != project)
            return Nobody(member, seq, $"an event of session {happened.Session}, which is nobody's here.");
        if (!author.Publisher.HasSent(happened.N))
            return Nobody(member, seq, $"an event of command {happened.N} of client {author.Index}, which was never sent.");
        return new(author.Index, happened.N, author.Publisher.IntendedAt(happened.N));
    }

    private Heard Nobody(int member, long seq, string detail)
    {
        site.Breaches.Add(new("protocol", member, project, seq, detail));
        return new(-1, 0, 0);
    }
}
