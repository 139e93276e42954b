namespace EventOnly.Server.Journals;

/// <summary>A project's journal cannot be read just now: the disk failed, or the journal is damaged. Logged where it was found.</summary>
public sealed class JournalUnavailableException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>A journal holds what no crash can leave behind: somebody or the disk changed it. Never repaired without being asked.</summary>
/// <param name="line">The line's number in the file, from 1.</param>
/// <param name="seq">The seq of the event that should stand there; of the one before the first for a segment's header.</param>
internal sealed class DamagedJournalException(string file, long line, long seq, string what) : IOException($"{file}, line {line}, seq {seq}: {what}")
{
    public string File { get; } = file;

    public long Line { get; } = line;

    public long Seq { get; } = seq;

    public string What { get; } = what;
}
