// Lines from standard input. From a terminal they are read key by key, since only then can Ctrl+C
// end the wait; from a pipe or file by a thread of their own, for the same reason.
using System.Text;

namespace PortReporter.Engine;

internal sealed class LineInput(Screen screen, CancelKey cancelKey)
{
    private const int PollingMilliseconds = 10;

    private Task<string?>? pending;

    // Null at the end of input. Ctrl+C is an OperationCanceledException.
    public string? ReadLine(bool masked = false)
    {
        return Console.IsInputRedirected ? ReadRedirected() : ReadKeys(masked);
    }

    // A line that nobody waited for any longer is kept for the next reader.
    private string? ReadRedirected()
    {
        pending ??= Task.Run(Console.In.ReadLine);
        pending.Wait(cancelKey.Token);
        var line = pending.Result;
        pending = null;
        return line;
    }

    private string? ReadKeys(bool masked)
    {
        var line = new StringBuilder();
        Console.TreatControlCAsInput = true;
        try
        {
            while (true)
            {
                var key = WaitForKey();
                switch (key)
                {
                    case { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control }:
                        screen.WriteLine("^C");
                        cancelKey.Press();
                        throw new OperationCanceledException();
                    case { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control }
                        when line.Length == 0:
                        screen.WriteLine(string.Empty);
                        return null;
                    case { Key: ConsoleKey.Enter }:
                        screen.WriteLine(string.Empty);
                        return line.ToString();
                    case { Key: ConsoleKey.Backspace }:
                        EraseLast(line);
                        break;
                    default:
                        Append(line, key.KeyChar, masked);
                        break;
                }
            }
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    // Ctrl+C may have been a signal still, before the terminal was told to give it as a key.
    private ConsoleKeyInfo WaitForKey()
    {
        while (!Console.KeyAvailable)
        {
            if (cancelKey.Token.WaitHandle.WaitOne(PollingMilliseconds))
            {
                screen.WriteLine(string.Empty);
                throw new OperationCanceledException();
            }
        }

        return Console.ReadKey(intercept: true);
    }

    private void Append(StringBuilder line, char character, bool masked)
    {
        if (char.IsControl(character))
        {
            return;
        }

        line.Append(character);
        screen.Write(masked ? "*" : character.ToString());
    }

    private void EraseLast(StringBuilder line)
    {
        if (line.Length > 0)
        {
            line.Length--;
            screen.Write("\b \b");
        }
    }
}
