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

    public Screen()
    {
        if (Environment.GetEnvironmentVariable("NO_COLOR") is not null)
        {
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        }
    }

    public static bool OutputIsTerminal { get; } = !Console.IsOutputRedirected;

    public static bool ErrorIsTerminal { get; } = !Console.IsErrorRedirected;

    // Escape sequences are understood: a terminal that is not as dumb as it says it is.
    public static bool OutputTakesAnsi { get; } = OutputIsTerminal
        && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or "xterm-mono");

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
            WriteAsIs(Render(text, OutputTakesAnsi));
            atLineStart = text.Length > 0 ? text.EndsWith('\n') : atLineStart;
        }
    }

    public void WriteErrorLine(string text)
    {
        lock (gate)
        {
            progress.Erase();
            Console.Error.WriteLine(Render(text, ErrorIsTerminal && OutputTakesAnsi));
        }
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
