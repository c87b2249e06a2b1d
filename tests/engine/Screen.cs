// Where text goes. As with pwsh, everything but errors goes to standard output, and escape
// sequences reach a terminal only, unless $PSStyle.OutputRendering asks for them.
using System.Management.Automation;
using System.Management.Automation.Internal;

namespace PortReporter.Engine;

internal sealed class Screen
{
    private const int WidthWithoutTerminal = 120;

    private readonly Lock gate = new();
    private readonly ProgressBars progress = new();
    private bool atLineStart = true;
    private bool allIsError;

    public Screen()
    {
        if (Environment.GetEnvironmentVariable("NO_COLOR") is not null)
        {
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        }
    }

    public static bool OutputIsTerminal { get; } = !Console.IsOutputRedirected;

    public static bool OutputTakesAnsi { get; } = OutputIsTerminal && TerminalTakesAnsi();

    private static bool ErrorTakesAnsi { get; } =
        !Console.IsErrorRedirected && TerminalTakesAnsi();

    // A pseudo-terminal without a size says 0.
    public static int Width => OutputIsTerminal && Console.WindowWidth > 0
        ? Console.WindowWidth
        : WidthWithoutTerminal;

    public void WriteLine(string text) => Write(text + Environment.NewLine);

    public void Write(string text)
    {
        lock (gate)
        {
            progress.Erase();
            WriteTo(allIsError, text);
            atLineStart = text.Length > 0 ? text.EndsWith('\n') : atLineStart;
        }
    }

    public void WriteErrorLine(string text)
    {
        lock (gate)
        {
            progress.Erase();
            WriteTo(error: true, text + Environment.NewLine);
        }
    }

    // Until disposed, everything is an error's text.
    public IDisposable SendAllToError()
    {
        allIsError = true;
        return new Ending(() => allIsError = false);
    }

    // Bars are drawn below whole lines only: a line begun is not broken for them.
    public void Show(long source, ProgressRecord record)
    {
        lock (gate)
        {
            progress.Update(source, record, draw: OutputTakesAnsi && atLineStart);
        }
    }

    public void EndProgress()
    {
        lock (gate)
        {
            progress.Clear();
        }
    }

    internal static void WriteAsIs(string text) => Console.Out.Write(text);

    private static void WriteTo(bool error, string text)
    {
        if (error)
        {
            Console.Error.Write(Render(text, ErrorTakesAnsi));
        }
        else
        {
            WriteAsIs(Render(text, OutputTakesAnsi));
        }
    }

    private static bool TerminalTakesAnsi()
    {
        return OperatingSystem.IsWindows()
            ? WindowsTerminal.EnableAnsi()
            : Environment.GetEnvironmentVariable("TERM") is not ("dumb" or "xterm-mono");
    }

    private static string Render(string text, bool takesAnsi)
    {
        var keep = PSStyle.Instance.OutputRendering switch
        {
            OutputRendering.Ansi => true,
            OutputRendering.PlainText => false,
            _ => takesAnsi,
        };
        return keep ? text : new StringDecorated(text).ToString(OutputRendering.PlainText);
    }
}
