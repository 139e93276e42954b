using System.Runtime.InteropServices;

namespace EventOnly.Tests.Bench.Load;

/// <summary>
/// The system calls of the load, as Linux has them on 64 bits. The framework's sockets cost several times what these do, and then the load would
/// be measured, not the server.
/// </summary>
internal static unsafe partial class Libc
{
    public const int WouldBlock = 11;
    public const int Interrupted = 4;
    public const int InProgress = 115;
    public const uint Readable = 0x001;
    public const uint Writable = 0x004;
    public const int Add = 1;
    public const int Remove = 2;
    public const int Modify = 3;
    public const int NoSignal = 0x4000;

    private const int Internet = 2;
    private const int NonBlockingStream = 1 | 0x800 | 0x80000; // SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC
    private const int CloseOnExec = 0x80000;
    private const int SocketLevel = 1;
    private const int ReuseAddress = 2;
    private const int ReceiveBuffer = 8;
    private const int BindWithoutPort = 24; // IP_BIND_ADDRESS_NO_PORT: the port is chosen when connecting, so that each address has all of them
    private const int Tcp = 6;
    private const int NoDelay = 1;
    private const int MaxSegment = 2;
    private const int EthernetSegment = 1448;

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct Ready
    {
        public uint Events;
        public ulong Data;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Address
    {
        public ushort Family;
        public ushort PortBigEndian;
        public uint HostBigEndian;
        public ulong Zero;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    public static int LastError => Marshal.GetLastPInvokeError();

    public static int NewPoll() => Check(epoll_create1(CloseOnExec), "epoll_create1");

    public static void Control(int poll, int operation, int socket, uint events)
    {
        var ready = new Ready { Events = events, Data = (ulong)socket };
        Check(epoll_ctl(poll, operation, socket, &ready), "epoll_ctl");
    }

    /// <summary>How many are ready; 0 when the time is over.</summary>
    public static int Wait(int poll, Span<Ready> ready, int timeoutMs)
    {
        fixed (Ready* first = ready)
        {
            var count = epoll_wait(poll, first, ready.Length, timeoutMs);
            return count < 0 && LastError == Interrupted ? 0 : Check(count, "epoll_wait");
        }
    }

    /// <summary>Begins to connect to a port of this machine; the socket becomes writable when it is done.</summary>
    /// <param name="source">From which address of this machine: each has 28,000 ports.</param>
    /// <param name="receiveBufferBytes">0: as the system does. Else little is under way to it, and in small segments.</param>
    public static int Connect(int port, byte source, int receiveBufferBytes)
    {
        var socket = Check(Libc.socket(Internet, NonBlockingStream, 0), "socket");
        Set(socket, Tcp, NoDelay, 1);
        if (receiveBufferBytes > 0)
        {
            Set(socket, SocketLevel, ReceiveBuffer, receiveBufferBytes);
            Set(socket, Tcp, MaxSegment, EthernetSegment); // with loopback's 64 KiB the server's system would hold 2.5 MB for who reads nothing
        }
        if (source > 1)
        {
            Set(socket, SocketLevel, ReuseAddress, 1);
            Set(socket, 0, BindWithoutPort, 1);
            var from = Loopback(source, 0);
            Check(bind(socket, &from, sizeof(Address)), "bind");
        }
        var to = Loopback(1, port);
        if (connect(socket, &to, sizeof(Address)) < 0 && LastError != InProgress)
            throw new IOException($"connect: error {LastError}");
        return socket;
    }

    /// <summary>Bytes read; 0 at the end; less than 0 where there is an error.</summary>
    public static int Receive(int socket, Span<byte> into)
    {
        fixed (byte* first = into)
            return (int)recv(socket, first, (nuint)into.Length, 0);
    }

    /// <summary>Bytes taken; less than 0 where there is an error.</summary>
    public static int Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
            return (int)send(socket, first, (nuint)bytes.Length, NoSignal);
    }

    public static void Close(int socket) => _ = close(socket);

    /// <summary>The calling thread runs on one core from now on, and so do the threads and processes that it starts. Negative: on all.</summary>
    /// <returns>False where the system does not allow it.</returns>
    public static bool TryPin(int core)
    {
        Span<ulong> cores = stackalloc ulong[16];
        if (core < 0)
            cores.Fill(ulong.MaxValue);
        else
            cores[core / 64] = 1UL << (core % 64);
        fixed (ulong* first = cores)
            return sched_setaffinity(0, (nuint)(cores.Length * sizeof(ulong)), first) == 0;
    }

    /// <summary>Processor time a process has used since it began, all its threads together, ended ones too.</summary>
    public static TimeSpan CpuTimeOf(int process)
    {
        TimeSpec time;
        Check(clock_gettime((~process << 3) | 2, &time), "clock_gettime"); // the clock's number as clock_getcpuclockid(3) makes it
        return TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / 100));
    }

    private static void Set(int socket, int level, int option, int value) => Check(setsockopt(socket, level, option, &value, sizeof(int)), "setsockopt");

    private static Address Loopback(byte last, int port) =>
        new() { Family = Internet, PortBigEndian = (ushort)(((port & 0xff) << 8) | (port >> 8)), HostBigEndian = 127u | ((uint)last << 24) };

    private static int Check(int result, string call) => result >= 0 ? result : throw new IOException($"{call}: error {LastError}");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int poll, int operation, int socket, Ready* ready);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int poll, Ready* ready, int readyMax, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int socket, Address* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int socket, Address* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int socket, int level, int option, int* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int socket, byte* into, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int socket, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int socket);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setaffinity(int thread, nuint length, ulong* cores);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, TimeSpec* time);
}
