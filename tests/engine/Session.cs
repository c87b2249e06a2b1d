// One runspace and the commands run in it, one at a time. Ctrl+C stops the running one and leaves
// the session usable.
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PortReporter.Engine;

internal sealed class Session : IDisposable
{
    private readonly Screen screen;
    private readonly CancelKey cancelKey;
    private readonly Host host;
    private readonly Runspace runspace;

    public Session(Screen screen, CancelKey cancelKey, UserInterface userInterface)
    {
        this.screen = screen;
        this.cancelKey = cancelKey;
        host = new Host(screen, userInterface);
        runspace = RunspaceFactory.CreateRunspace(host, InitialState());
        runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        runspace.Open();
    }

    // Set once a command has called `exit`.
    public int? ExitCode => host.ExitCode;

    public void Dispose() => runspace.Dispose();

    // As pwsh -Command: 1 also where the last command failed without ending the text.
    public int RunCommand(string text)
    {
        var completed = RunText(text);
        return ExitCode ?? (completed && LastCommandSucceeded() ? 0 : 1);
    }

    // As pwsh -File: a script that comes to its end gives 0.
    public int RunFile(string command)
    {
        var completed = RunText(command);
        return ExitCode ?? (completed ? 0 : 1);
    }

    // False: it ended with an error, or was stopped. The text goes into the history, since the
    // engine puts $? back to what it was after a command that does not.
    public bool RunText(string text)
    {
        using var pipeline = runspace.CreatePipeline(text, addToHistory: true);
        pipeline.Commands.Add(OutDefault());
        using var guard = cancelKey.Guard(pipeline.StopAsync);
        try
        {
            pipeline.Invoke();
            return true;
        }
        catch (Exception e) when (e is PipelineStoppedException or InvalidPipelineStateException)
        {
            // Ctrl+C, while it ran or before it had begun.
            return false;
        }
        catch (RuntimeException e)
        {
            Show(e);
            return false;
        }
        finally
        {
            screen.EndProgress();
        }
    }

    public string PromptText()
    {
        try
        {
            return Evaluate("prompt")?.ToString() ?? "PS> ";
        }
        catch (RuntimeException)
        {
            // A prompt function of the user's own that fails.
            return "PS> ";
        }
    }

    private static InitialSessionState InitialState()
    {
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;
        }

        return state;
    }

    private static Command OutDefault()
    {
        return new Command("Out-Default")
        {
            MergeUnclaimedPreviousCommandResults =
                PipelineResultTypes.Error | PipelineResultTypes.Output,
        };
    }

    // The engine's own mark for "an error, to standard error" is not open to other hosts: here the
    // screen sends what the view gives there. For text cut short the view gives nothing.
    private void Show(RuntimeException exception)
    {
        if (exception is IncompleteParseException)
        {
            screen.WriteErrorLine($"ParserError: {exception.Message}");
            return;
        }

        using var pipeline = runspace.CreatePipeline();
        using var redirection = screen.SendAllToError();
        pipeline.Commands.Add(new Command("Out-Default"));
        pipeline.Invoke(new[] { exception.ErrorRecord });
    }

    private bool LastCommandSucceeded() => Evaluate("$?")?.BaseObject is true;

    // An expression's value, for the host's own questions.
    private PSObject? Evaluate(string expression)
    {
        using var pipeline = runspace.CreatePipeline(expression);
        return pipeline.Invoke().FirstOrDefault();
    }
}
