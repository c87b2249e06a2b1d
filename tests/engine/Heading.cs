// What stands above a question: an empty line, its caption and its message.
using System.Management.Automation.Host;

namespace PortReporter.Engine;

internal static class Heading
{
    public static void Show(PSHostUserInterface ui, string? caption, string? message)
    {
        ui.WriteLine();
        foreach (var line in new[] { caption, message }.Where(text => !string.IsNullOrEmpty(text)))
        {
            ui.WriteLine(line);
        }
    }
}
