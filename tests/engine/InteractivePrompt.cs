// With no command given: prompt, read, run, until `exit` or the end of input. A command that is not
// complete after a line is continued on the next. From a pipe there is no prompt to show.
using System.Management.Automation.Language;

namespace PortReporter.Engine;

internal sealed class InteractivePrompt(
    Session session, Screen screen, LineInput input, CancelKey cancelKey)
{
    private const string Continuation = ">> ";

    public int Run()
    {
        var succeeded = true;
        using var notTheHost = cancelKey.Guard(() => { });
        while (session.ExitCode is null && TryReadCommand(out var command))
        {
            if (!string.IsNullOrWhiteSpace(command))
            {
                succeeded = session.RunText(command);
            }
        }

        return session.ExitCode ?? (succeeded ? 0 : 1);
    }

    // False at the end of input. Ctrl+C drops what was typed.
    private bool TryReadCommand(out string command)
    {
        using var reading = cancelKey.Guard(() => { });
        try
        {
            var read = ReadCommand();
            command = read ?? string.Empty;
            return read is not null;
        }
        catch (OperationCanceledException)
        {
            command = string.Empty;
            return true;
        }
    }

    private string? ReadCommand()
    {
        Show(session.PromptText());
        var command = input.ReadLine();
        while (command is not null && IsIncomplete(command))
        {
            Show(Continuation);
            if (input.ReadLine() is not { } more)
            {
                return command;
            }

            command += Environment.NewLine + more;
        }

        return command;
    }

    private void Show(string prompt)
    {
        if (!Console.IsInputRedirected)
        {
            screen.Write(prompt);
        }
    }

    private static bool IsIncomplete(string command)
    {
        Parser.ParseInput(command, out _, out var errors);
        return Array.Exists(errors, error => error.IncompleteInput);
    }
}
