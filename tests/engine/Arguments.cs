// The command line. Names may be shortened and are not case-sensitive, as pwsh has them; -Command
// and -File take the rest of the line.
using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;

namespace PortReporter.Engine;

internal sealed class ArgumentsException(string message) : Exception(message);

internal sealed partial class Arguments
{
    public const string Usage = """
        portreporter-engine: the PowerShell engine in a small console host

        portreporter-engine [-NoProfile] [-NonInteractive] [-Command <text> | -File <path> [args]]

          -Command <text>   run the text and end; - reads it from standard input
          -File <path>      run a script and end; what follows goes to the script
          -NonInteractive   a prompt is an error
          -NoProfile        accepted for pwsh's sake: this host has no profiles
          -NoLogo           accepted for pwsh's sake: this host has no banner
          -Help             this text

        Without -Command or -File it prompts for commands. Exit codes are those of pwsh: that of
        `exit`, else 1 if the last command failed, else 0; 64 for an argument not understood.
        """;

    private static readonly string[] Names =
        ["-command", "-file", "-help", "-nologo", "-noninteractive", "-noprofile"];

    public string? Command { get; private set; }

    public string? File { get; private set; }

    public List<CommandParameter> FileArguments { get; } = [];

    public bool Help { get; private set; }

    public bool NonInteractive { get; private set; }

    public static Arguments Parse(string[] args)
    {
        var arguments = new Arguments();
        for (var i = 0; i < args.Length; i++)
        {
            switch (FullName(args[i]))
            {
                case "-command":
                    arguments.Command = CommandText(args[(i + 1)..]);
                    return arguments;
                case "-file":
                    arguments.TakeFile(args[(i + 1)..]);
                    return arguments;
                case "-help":
                    arguments.Help = true;
                    break;
                case "-noninteractive":
                    arguments.NonInteractive = true;
                    break;
            }
        }

        return arguments;
    }

    private static string FullName(string argument)
    {
        var name = argument.ToLowerInvariant();
        if (name is "-?" or "--help" or "/?")
        {
            return "-help";
        }

        var matches = Array.FindAll(Names, full => name.Length > 1 && full.StartsWith(name));
        return matches switch
        {
            [var only] => only,
            [] => throw new ArgumentsException($"'{argument}' is not known. Try -Help."),
            _ => throw new ArgumentsException(
                $"'{argument}' may be {string.Join(" or ", matches)}. Write more of it."),
        };
    }

    private static string CommandText(string[] rest)
    {
        return rest switch
        {
            [] => throw new ArgumentsException("-Command needs the text to run."),
            ["-"] => Console.In.ReadToEnd(),
            _ => string.Join(' ', rest),
        };
    }

    private void TakeFile(string[] rest)
    {
        if (rest.Length == 0)
        {
            throw new ArgumentsException("-File needs the path of a script.");
        }

        File = Path.GetFullPath(rest[0]);
        if (!System.IO.File.Exists(File))
        {
            throw new ArgumentsException($"-File: there is no script '{rest[0]}'.");
        }

        FileArguments.AddRange(rest[1..].Select(ScriptArgument));
    }

    // The engine binds "-Name" followed by a value as it does on a typed line; only what the shell
    // could not have parsed for us, -Name:value, is split here.
    private static CommandParameter ScriptArgument(string argument)
    {
        if (!argument.StartsWith('-'))
        {
            return new CommandParameter(null, argument);
        }

        var named = NamedValue().Match(argument);
        return named.Success
            ? new CommandParameter(named.Groups[1].Value, Value(named.Groups[2].Value))
            : new CommandParameter(argument);
    }

    private static object Value(string text)
    {
        return text.ToLowerInvariant() switch { "$true" => true, "$false" => false, _ => text };
    }

    [GeneratedRegex(@"^(-\w+):(.+)$", RegexOptions.Singleline)]
    private static partial Regex NamedValue();
}
