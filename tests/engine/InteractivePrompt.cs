// With no command given: prompt, read, run, until `exit` or the end of input. A command that is not
// complete after a line is continued on the next. From a pipe there is no prompt to show.
using System.Management.Automation.Language;

namespace PortReporter.Engine;

internal sealed class InteractivePrompt(Session session, Screen screen, LineInput input)
{
    private const string Continuation = ">> ";

    public int Run()
    {
        var succeeded = true;
        while (session.ExitCode is null)
        {
            try
            {
                if (ReadCommand() is not { } command)
                {
                    break;
                }

                succeeded = string.IsNullOrWhiteSpace(command)
                    ? succeeded
                    : session.RunText(command);
            }
            catch (OperationCanceledException)
            {
                // Ctrl+C at the prompt drops what was typed.
            }
        }

        return session.ExitCode ?? (succeeded ? 0 : 1);
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
