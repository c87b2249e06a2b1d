// A question with choices, such as that of -Confirm, laid out as pwsh lays it out.
using System.Collections.ObjectModel;
using System.Management.Automation.Host;

namespace PortReporter.Engine;

internal sealed class ChoicePrompt(PSHostUserInterface ui)
{
    private const string HelpKey = "?";

    private sealed record Choice(string Key, string Label, string Help)
    {
        // "Yes to &All" has the key A and the label "Yes to All".
        public static Choice From(ChoiceDescription description)
        {
            var label = description.Label;
            var mark = label.IndexOf('&');
            var hasKey = mark >= 0 && mark + 1 < label.Length;
            var key = hasKey ? label[mark + 1].ToString().ToUpperInvariant() : string.Empty;
            return new Choice(key, label.Replace("&", string.Empty), description.HelpMessage);
        }

        public string Name => Key.Length > 0 ? Key : Label;

        public bool IsMeantBy(string answer)
        {
            return answer.Equals(Label, StringComparison.OrdinalIgnoreCase)
                || (Key.Length > 0 && answer.Equals(Key, StringComparison.OrdinalIgnoreCase));
        }
    }

    public int AskOne(
        string? caption, string? message, Collection<ChoiceDescription> descriptions, int standard)
    {
        var choices = descriptions.Select(Choice.From).ToList();
        Heading.Show(ui, caption, message);
        while (true)
        {
            var answer = ReadAnswer(choices, standard < 0 ? [] : [standard], string.Empty);
            var chosen = answer.Length == 0 ? standard : Find(choices, answer);
            if (chosen >= 0)
            {
                return chosen;
            }
        }
    }

    // Answers are collected until an empty one; with none given, the standard choices hold.
    public Collection<int> AskSeveral(
        string? caption,
        string? message,
        Collection<ChoiceDescription> descriptions,
        IEnumerable<int> standard)
    {
        var choices = descriptions.Select(Choice.From).ToList();
        var defaults = standard.ToList();
        var chosen = new Collection<int>();
        Heading.Show(ui, caption, message);
        while (true)
        {
            var end = $"{Environment.NewLine}Choice[{chosen.Count}]: ";
            var answer = ReadAnswer(choices, defaults, end);
            if (answer.Length == 0)
            {
                return chosen.Count > 0 ? chosen : new Collection<int>(defaults);
            }

            var index = Find(choices, answer);
            if (index >= 0)
            {
                chosen.Add(index);
            }
        }
    }

    private static int Find(List<Choice> choices, string answer)
    {
        return choices.FindIndex(choice => choice.IsMeantBy(answer));
    }

    private string ReadAnswer(List<Choice> choices, List<int> standard, string end)
    {
        while (true)
        {
            ui.Write(Line(choices, standard) + end);
            var answer = ui.ReadLine().Trim();
            if (answer != HelpKey)
            {
                return answer;
            }

            choices.ForEach(choice => ui.WriteLine($"{choice.Name} - {choice.Help}"));
        }
    }

    private static string Line(List<Choice> choices, List<int> standard)
    {
        var all = string.Concat(choices.Select(c => $"[{c.Key}] {c.Label}  "));
        var names = string.Join(',', standard.Select(index => choices[index].Name));
        var note = standard.Count switch
        {
            0 => string.Empty,
            1 => $" (default is \"{names}\")",
            _ => $" (default choices are {names})",
        };
        return $"{all}[{HelpKey}] Help{note}: ";
    }
}
