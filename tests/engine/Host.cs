// What the engine asks of its host: who it is, its user interface, and the exit code.
using System.Globalization;
using System.Management.Automation.Host;
using System.Reflection;

namespace PortReporter.Engine;

internal sealed class Host(Screen screen, UserInterface userInterface) : PSHost
{
    public int? ExitCode { get; private set; }

    public override string Name => "PortReporterEngine";

    public override Version Version { get; } =
        Assembly.GetExecutingAssembly().GetName().Version ?? new Version(0, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI => userInterface;

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt()
    {
        throw new NotSupportedException("This host has no nested prompts.");
    }

    public override void ExitNestedPrompt()
    {
        throw new NotSupportedException("This host has no nested prompts.");
    }

    // A native program writes to the terminal past us.
    public override void NotifyBeginApplication() => screen.EndProgress();

    public override void NotifyEndApplication()
    {
    }
}
