// The PowerShell engine host: a console around the engine's NuGet package, for machines that have
// the .NET SDK but no pwsh. What it prints and returns follows pwsh.
using System.Text;

namespace PortReporter.Engine;

internal static class Program
{
    private const int BadArgument = 64;

    private static int Main(string[] args)
    {
        UseUtf8();
        try
        {
            return Run(Arguments.Parse(args));
        }
        catch (ArgumentsException e)
        {
            Console.Error.WriteLine($"portreporter-engine: {e.Message}");
            return BadArgument;
        }
    }

    private static int Run(Arguments arguments)
    {
        if (arguments.Help)
        {
            Console.Out.WriteLine(Arguments.Usage);
            return 0;
        }

        GoTo(arguments.WorkingDirectory);
        if (arguments.ServerMode)
        {
            return JobServer.Run(arguments.Command);
        }

        using var cancelKey = new CancelKey();
        var screen = new Screen();
        var input = new LineInput(screen, cancelKey);
        var userInterface = new UserInterface(screen, input, arguments.NonInteractive);
        using var session = new Session(screen, cancelKey, userInterface);
        return arguments switch
        {
            { FileCommand: { } command } => session.RunFile(command),
            { Command: { } command } => session.RunCommand(command),
            _ => new InteractivePrompt(session, screen, input, cancelKey).Run(),
        };
    }

    private static void GoTo(string? directory)
    {
        if (directory is null)
        {
            return;
        }

        if (!Directory.Exists(directory))
        {
            throw new ArgumentsException($"-WorkingDirectory: there is no folder '{directory}'.");
        }

        Environment.CurrentDirectory = directory;
    }

    // Without a byte order mark: the first bytes out must be the command's own.
    private static void UseUtf8()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        Console.OutputEncoding = utf8;
        Console.InputEncoding = utf8;
    }
}
