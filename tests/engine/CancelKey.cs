// Ctrl+C. It cancels the running command and no more; with none running it ends the process, as
// it does everywhere.
namespace PortReporter.Engine;

internal sealed class CancelKey : IDisposable
{
    private readonly Lock gate = new();
    private CancellationTokenSource? running;

    public CancelKey()
    {
        Console.CancelKeyPress += OnPress;
    }

    // Cancelled when the key is pressed while a command runs.
    public CancellationToken Token => running?.Token ?? CancellationToken.None;

    // Starts a command that the key cancels by `stop`; disposing what it returns ends it.
    public IDisposable Guard(Action stop)
    {
        lock (gate)
        {
            var outer = running;
            running = new CancellationTokenSource();
            running.Token.Register(stop);
            return new Ending(() => Restore(outer));
        }
    }

    // Also called by whoever reads the key from the terminal itself.
    public bool Press()
    {
        lock (gate)
        {
            running?.Cancel();
            return running is not null;
        }
    }

    public void Dispose()
    {
        Console.CancelKeyPress -= OnPress;
        running?.Dispose();
    }

    private void OnPress(object? sender, ConsoleCancelEventArgs e)
    {
        e.Cancel = Press();
    }

    private void Restore(CancellationTokenSource? outer)
    {
        lock (gate)
        {
            running?.Dispose();
            running = outer;
        }
    }
}
