// The command line. Names may be shortened and are not case-sensitive, as pwsh has them; -Command
// and -File take the rest of the line.
using System.Management.Automation.Language;
using System.Text;
using System.Text.RegularExpressions;

namespace PortReporter.Engine;

internal sealed class ArgumentsException(string message) : Exception(message);

internal sealed partial class Arguments
{
    public const string Usage = """
        portreporter-engine: the PowerShell engine in a small console host

        portreporter-engine [options] [-Command <text> | -File <path> [args]]

          -Command <text>            run the text and end; - reads it from standard input
          -EncodedCommand <base64>   the same, the text as UTF-16 in base64
          -File <path> [args]        run a script and end; what follows goes to the script
          -NonInteractive            a prompt is an error
          -WorkingDirectory <path>   start there
          -NoProfile, -NoLogo        accepted for pwsh's sake: there are no profiles and no banner
          -ServerMode                serve a Start-Job over the standard streams
          -Help                      this text

        Without a command or script it prompts for commands. Exit codes are those of pwsh: that of
        `exit`, else 1 where a command failed or a script broke off, else 0; 64 for an argument
        that is not understood.
        """;

    private static readonly string[] Names =
    [
        "-command", "-encodedcommand", "-file", "-help", "-nologo", "-noninteractive", "-noprofile",
        "-servermode", "-workingdirectory",
    ];

    private readonly Queue<string> rest;

    private Arguments(IEnumerable<string> args)
    {
        rest = new Queue<string>(args);
        while (rest.TryDequeue(out var argument))
        {
            Take(FullName(argument));
        }
    }

    public string? Command { get; private set; }

    // -File's script and its arguments as one typed command.
    public string? FileCommand { get; private set; }

    public string? WorkingDirectory { get; private set; }

    public bool Help { get; private set; }

    public bool NonInteractive { get; private set; }

    public bool ServerMode { get; private set; }

    public static Arguments Parse(string[] args) => new(args);

    private static string FullName(string argument)
    {
        var name = argument.ToLowerInvariant();
        switch (name)
        {
            case "-?" or "--help" or "/?":
                return "-help";
            case "-wd":
                return "-workingdirectory";
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

    private void Take(string name)
    {
        switch (name)
        {
            case "-command":
                Command = CommandText(TakeRest("-Command needs the text to run."));
                break;
            case "-encodedcommand":
                Command = Decoded(TakeValue("-EncodedCommand needs the text in base64."));
                break;
            case "-file":
                FileCommand = ScriptCommand(TakeRest("-File needs the path of a script."));
                break;
            case "-workingdirectory":
                WorkingDirectory = TakeValue("-WorkingDirectory needs a path.");
                break;
            case "-help":
                Help = true;
                break;
            case "-noninteractive":
                NonInteractive = true;
                break;
            case "-servermode":
                ServerMode = true;
                break;
        }
    }

    private string TakeValue(string otherwise)
    {
        return rest.TryDequeue(out var value) ? value : throw new ArgumentsException(otherwise);
    }

    private string[] TakeRest(string otherwise)
    {
        var values = rest.ToArray();
        rest.Clear();
        return values.Length > 0 ? values : throw new ArgumentsException(otherwise);
    }

    private static string CommandText(string[] words)
    {
        return words is ["-"] ? Console.In.ReadToEnd() : string.Join(' ', words);
    }

    private static string Decoded(string base64)
    {
        try
        {
            return Encoding.Unicode.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            throw new ArgumentsException("-EncodedCommand: this is not base64.");
        }
    }

    // The engine keeps an `exit` in a script to itself: $? is false and $LASTEXITCODE has the code.
    // A script that could not start, for its syntax or a parameter, leaves no code.
    private static string ScriptCommand(string[] words)
    {
        var path = Path.GetFullPath(words[0]);
        if (!File.Exists(path))
        {
            throw new ArgumentsException($"-File: there is no script '{words[0]}'.");
        }

        var command = string.Join(' ', words[1..].Select(ScriptArgument).Prepend(Quoted(path)));
        return $"& {command}\nif (-not $?) {{ exit $LASTEXITCODE ?? 1 }}";
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
