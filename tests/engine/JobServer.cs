// The process of a Start-Job. The engine starts a `pwsh` from $PSHOME and speaks with it over its
// standard streams; the build lays a copy of this host there under that name. The server's side is
// in the engine, but closed to hosts that are not its own.
using System.Management.Automation;
using System.Reflection;

namespace PortReporter.Engine;

internal static class JobServer
{
    private const string Server =
        "System.Management.Automation.Remoting.Server.StdIOProcessMediator";

    public static int Run(string? initialCommand)
    {
        var run = typeof(PowerShell).Assembly.GetType(Server)?
            .GetMethod("Run", BindingFlags.Static | BindingFlags.NonPublic)
            ?? throw new MissingMethodException(Server, "Run");
        const string? workingDirectory = null, configurationName = null, configurationFile = null;
        const bool combineErrorAndOutput = false;
        run.Invoke(
            null,
            [
                initialCommand,
                workingDirectory,
                configurationName,
                configurationFile,
                combineErrorAndOutput,
            ]);
        return 0;
    }
}
