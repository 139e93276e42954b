using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>Whom a member belongs to, as its project sees it: a connection. Tests and benches have stand-ins without a line.</summary>
internal interface IPeer
{
    /// <summary>Where what is meant for it alone goes.</summary>
    Mailbox Mailbox { get; }

    /// <summary>There is something to take. Called by the shell only.</summary>
    void Wake();

    void End(CloseCode code);
}
