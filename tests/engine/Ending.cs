// What has begun and ends with a `using`.
namespace PortReporter.Engine;

internal sealed class Ending(Action end) : IDisposable
{
    public void Dispose() => end();
}
