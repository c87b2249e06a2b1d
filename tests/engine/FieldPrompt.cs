// Asks for values by name: mandatory parameters left out, and credentials.
using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace PortReporter.Engine;

internal sealed class FieldPrompt(PSHostUserInterface ui)
{
    public Dictionary<string, PSObject> Ask(
        string? caption, string? message, Collection<FieldDescription> fields)
    {
        Heading.Show(ui, caption, message);
        return fields.ToDictionary(field => field.Name, field => PSObject.AsPSObject(Value(field)));
    }

    public PSCredential AskCredential(string? caption, string? message, string? userName)
    {
        Heading.Show(ui, caption, message);
        var user = string.IsNullOrEmpty(userName) ? AskText("User") : userName;
        return new PSCredential(user, AskSecret($"Password for user {user}"));
    }

    private object Value(FieldDescription field)
    {
        var type = Type.GetType(field.ParameterAssemblyFullName) ?? typeof(string);
        if (type == typeof(SecureString))
        {
            return AskSecret(field.Name);
        }

        if (type == typeof(PSCredential))
        {
            return AskCredential(null, null, null);
        }

        return typeof(IList).IsAssignableFrom(type)
            ? LanguagePrimitives.ConvertTo(AskList(field.Name), type)
            : AskConverted(field.Name, type);
    }

    private object AskConverted(string name, Type type)
    {
        while (true)
        {
            try
            {
                return LanguagePrimitives.ConvertTo(AskText(name), type);
            }
            catch (PSInvalidCastException e)
            {
                ui.WriteErrorLine(e.Message);
            }
        }
    }

    private string AskText(string name)
    {
        ui.Write($"{name}: ");
        return ui.ReadLine();
    }

    private SecureString AskSecret(string name)
    {
        ui.Write($"{name}: ");
        return ui.ReadLineAsSecureString();
    }

    // One line an element, until an empty one.
    private string[] AskList(string name)
    {
        var elements = new List<string>();
        while (AskText($"{name}[{elements.Count}]") is { Length: > 0 } element)
        {
            elements.Add(element);
        }

        return [.. elements];
    }
}
