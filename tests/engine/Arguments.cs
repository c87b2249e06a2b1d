// The command line. Names may be shortened and are not case-sensitive, as pwsh has them; -Command
// and -File take the rest of the line.
using System.Management.Automation.Language;
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

    // -File's script and its arguments as one typed command.
    public string? FileCommand { get; private set; }

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
                    arguments.FileCommand = ScriptCommand(args[(i + 1)..]);
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

    // The engine keeps an `exit` in a script to itself: $? is false and $LASTEXITCODE has the code.
    private static string ScriptCommand(string[] rest)
    {
        if (rest.Length == 0)
        {
            throw new ArgumentsException("-File needs the path of a script.");
        }

        var path = Path.GetFullPath(rest[0]);
        if (!File.Exists(path))
        {
            throw new ArgumentsException($"-File: there is no script '{rest[0]}'.");
        }

        var words = rest[1..].Select(ScriptArgument).Prepend(Quoted(path));
        return $"& {string.Join(' ', words)}\nif (-not $?) {{ exit $LASTEXITCODE }}";
    }

    // A parameter name stays one; everything else is text, but for a switch's $true and $false.
    private static string ScriptArgument(string argument)
    {
        var name = ParameterName().Match(argument).Value;
        var value = argument[name.Length..];
        var isSwitchValue = name.EndsWith(':') && value.ToLowerInvariant() is "$true" or "$false";
        return isSwitchValue || (value.Length == 0 && name.Length > 0)
            ? argument
            : name + Quoted(value);
    }

    private static string Quoted(string text)
    {
        return $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
    }

    [GeneratedRegex(@"^-[A-Za-z_]\w*(:|$)")]
    private static partial Regex ParameterName();
}
