// The console's sizes and colours. What needs a screen buffer to read or move is refused, as pwsh
// refuses it on Linux.
using System.Management.Automation.Host;

namespace PortReporter.Engine;

internal sealed class RawUserInterface : PSHostRawUserInterface
{
    private const int HeightWithoutTerminal = 50;

    public override Size BufferSize
    {
        get => new(Screen.Width, Height);
        set => throw Refused();
    }

    public override Size WindowSize
    {
        get => new(Screen.Width, Height);
        set => throw Refused();
    }

    public override Size MaxWindowSize => WindowSize;

    public override Size MaxPhysicalWindowSize => WindowSize;

    public override Coordinates WindowPosition { get; set; }

    public override Coordinates CursorPosition { get; set; }

    public override int CursorSize { get; set; } = 25;

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override string WindowTitle { get; set; } = string.Empty;

    public override bool KeyAvailable => !Console.IsInputRedirected && Console.KeyAvailable;

    private static int Height => Screen.OutputIsTerminal && Console.WindowHeight > 0
        ? Console.WindowHeight
        : HeightWithoutTerminal;

    public override void FlushInputBuffer()
    {
        while (KeyAvailable)
        {
            Console.ReadKey(intercept: true);
        }
    }

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        var key = Console.ReadKey(options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.KeyChar, Modifiers(key.Modifiers), keyDown: true);
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw Refused();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw Refused();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents)
    {
        throw Refused();
    }

    public override void ScrollBufferContents(
        Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill)
    {
        throw Refused();
    }

    private static ControlKeyStates Modifiers(ConsoleModifiers modifiers)
    {
        var states = default(ControlKeyStates);
        states |= modifiers.HasFlag(ConsoleModifiers.Shift) ? ControlKeyStates.ShiftPressed : 0;
        states |= modifiers.HasFlag(ConsoleModifiers.Alt) ? ControlKeyStates.LeftAltPressed : 0;
        states |= modifiers.HasFlag(ConsoleModifiers.Control)
            ? ControlKeyStates.LeftCtrlPressed
            : 0;
        return states;
    }

    private static PlatformNotSupportedException Refused()
    {
        return new PlatformNotSupportedException("This host cannot read or resize the screen.");
    }
}
