// Progress: one line a running activity, below what was written, gone before anything else is
// written and when the activity ends. The Screen calls it under its lock.
using System.Management.Automation;
using System.Text;

namespace PortReporter.Engine;

internal sealed class ProgressBars
{
    private const int BarWidth = 20;
    private const int MostBars = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly SortedDictionary<(long Source, int Activity), ProgressRecord> running = [];
    private int linesDrawn;
    private long drawnAt;

    public void Update(long source, ProgressRecord record, bool draw)
    {
        var key = (source, record.ActivityId);
        if (record.RecordType == ProgressRecordType.Completed)
        {
            running.Remove(key);
            Erase();
        }
        else
        {
            running[key] = record;
        }

        if (draw && running.Count > 0 && IsDue())
        {
            Draw();
        }
    }

    public void Clear()
    {
        running.Clear();
        Erase();
    }

    // The cursor stands on the first bar's line; clear from there to the end of the screen.
    public void Erase()
    {
        if (linesDrawn > 0)
        {
            Screen.WriteAsIs("\r\e[J");
            linesDrawn = 0;
        }
    }

    private bool IsDue()
    {
        return linesDrawn == 0 || System.Diagnostics.Stopwatch.GetElapsedTime(drawnAt) > Pause;
    }

    private void Draw()
    {
        Erase();
        var width = Screen.Width - 1;
        var lines = running.Values.Take(MostBars).Select(record => Line(record, width)).ToList();
        Screen.WriteAsIs(string.Join('\n', lines) + UpAndBack(lines.Count - 1));
        linesDrawn = lines.Count;
        drawnAt = System.Diagnostics.Stopwatch.GetTimestamp();
    }

    private static string UpAndBack(int lines) => lines > 0 ? $"\e[{lines}A\r" : "\r";

    private static string Line(ProgressRecord record, int width)
    {
        var text = new StringBuilder(record.Activity);
        if (record.PercentComplete >= 0)
        {
            var filled = Math.Min(record.PercentComplete, 100) * BarWidth / 100;
            text.Append($" [{new string('o', filled).PadRight(BarWidth)}]");
        }

        text.Append($" {record.StatusDescription}");
        if (!string.IsNullOrEmpty(record.CurrentOperation))
        {
            text.Append($": {record.CurrentOperation}");
        }

        return text.Length > width ? text.ToString(0, width) : text.ToString();
    }
}
