// A Windows console takes escape sequences only after it was asked to.
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace PortReporter.Engine;

[SupportedOSPlatform("windows")]
internal static partial class WindowsTerminal
{
    // STD_OUTPUT_HANDLE (processenv.h) and ENABLE_VIRTUAL_TERMINAL_PROCESSING (consoleapi.h).
    private const int StandardOutput = -11;
    private const uint VirtualTerminal = 0x0004;

    // False where the console is too old for them.
    public static bool EnableAnsi()
    {
        var output = GetStdHandle(StandardOutput);
        return GetConsoleMode(output, out var mode)
            && SetConsoleMode(output, mode | VirtualTerminal);
    }

    [LibraryImport("kernel32.dll")]
    private static partial nint GetStdHandle(int which);

    [LibraryImport("kernel32.dll")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetConsoleMode(nint console, out uint mode);

    [LibraryImport("kernel32.dll")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetConsoleMode(nint console, uint mode);
}
