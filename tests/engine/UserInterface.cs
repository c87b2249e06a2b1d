// The engine's streams and prompts, in words and colours as pwsh prints them. Prompts are answered
// by a person or from standard input.
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace PortReporter.Engine;

internal sealed class UserInterface : PSHostUserInterface, IHostUISupportsMultipleChoiceSelection
{
    private readonly Screen screen;
    private readonly LineInput input;
    private readonly ChoicePrompt choices;
    private readonly FieldPrompt fields;
    private readonly bool nonInteractive;

    public UserInterface(Screen screen, LineInput input, bool nonInteractive)
    {
        this.screen = screen;
        this.input = input;
        this.nonInteractive = nonInteractive;
        choices = new ChoicePrompt(this);
        fields = new FieldPrompt(this);
    }

    public override PSHostRawUserInterface RawUI { get; } = new RawUserInterface();

    public override bool SupportsVirtualTerminal => Screen.OutputTakesAnsi;

    public override void Write(string value) => screen.Write(value);

    public override void Write(
        ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        screen.Write(Coloured(foregroundColor, backgroundColor, value));
    }

    public override void WriteLine(string value) => screen.WriteLine(value);

    public override void WriteLine(
        ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        screen.WriteLine(Coloured(foregroundColor, backgroundColor, value));
    }

    public override void WriteErrorLine(string value) => screen.WriteErrorLine(value);

    public override void WriteDebugLine(string message)
    {
        WriteStyled(FormatStyle.Debug, $"DEBUG: {message}");
    }

    public override void WriteVerboseLine(string message)
    {
        WriteStyled(FormatStyle.Verbose, $"VERBOSE: {message}");
    }

    public override void WriteWarningLine(string message)
    {
        WriteStyled(FormatStyle.Warning, $"WARNING: {message}");
    }

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        screen.Show(sourceId, record);
    }

    public override string ReadLine() => ReadAnswer(masked: false);

    public override SecureString ReadLineAsSecureString()
    {
        var secret = new SecureString();
        foreach (var character in ReadAnswer(masked: true))
        {
            secret.AppendChar(character);
        }

        return secret;
    }

    public override int PromptForChoice(
        string caption,
        string message,
        Collection<ChoiceDescription> choices,
        int defaultChoice)
    {
        return this.choices.AskOne(caption, message, choices, defaultChoice);
    }

    public Collection<int> PromptForChoice(
        string? caption,
        string? message,
        Collection<ChoiceDescription> choices,
        IEnumerable<int>? defaultChoices)
    {
        return this.choices.AskSeveral(caption, message, choices, defaultChoices ?? []);
    }

    public override Dictionary<string, PSObject> Prompt(
        string caption, string message, Collection<FieldDescription> descriptions)
    {
        return fields.Ask(caption, message, descriptions);
    }

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName)
    {
        return PromptForCredential(
            caption,
            message,
            userName,
            targetName,
            PSCredentialTypes.Default,
            PSCredentialUIOptions.Default);
    }

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options)
    {
        return fields.AskCredential(caption, message, userName);
    }

    private static string Coloured(ConsoleColor foreground, ConsoleColor background, string text)
    {
        return PSStyle.MapForegroundColorToEscapeSequence(foreground)
            + PSStyle.MapBackgroundColorToEscapeSequence(background)
            + text
            + PSStyle.Instance.Reset;
    }

    private void WriteStyled(FormatStyle style, string text)
    {
        screen.WriteLine(GetFormatStyleString(style) + text + PSStyle.Instance.Reset);
    }

    private string ReadAnswer(bool masked)
    {
        if (nonInteractive)
        {
            throw new PSInvalidOperationException(
                "PowerShell is in NonInteractive mode. Read and Prompt functionality is not "
                + "available.");
        }

        try
        {
            var answer = input.ReadLine(masked);
            EchoRedirected(masked ? null : answer);
            return answer ?? throw new PSInvalidOperationException(
                "The prompt has no answer: standard input has ended.");
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    }

    // What a terminal has shown while it was typed.
    private void EchoRedirected(string? answer)
    {
        if (Console.IsInputRedirected)
        {
            screen.WriteLine(answer ?? string.Empty);
        }
    }
}
