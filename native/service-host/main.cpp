// Keeps one program running as a Windows service: `portreporter-service.exe PROGRAM ARGUMENTS…`, with
// which the service is registered, starts that program and nothing else. It is the recorder, run by
// Node. Node itself could be the service, but a busy or hung event loop could not answer the service
// control manager, and nobody would start it again.
//
// The service runs once the recorder says that it is ready. From then on a recorder that ends is
// started again, after 1 s, then 2 s, up to a minute; one that gives no sign of life is ended. Before
// that the service does not start, and the recovery actions it was registered with decide.

#include <stdio.h>

#include "recorder.h"
#include "service.h"

namespace {

constexpr DWORD tick = 1000;
constexpr DWORD longestStop = 20;      // seconds; registered with the manager are 30 (preshutdown)
constexpr DWORD longestSilence = 60;   // seconds, as WATCHDOG_USEC says
constexpr DWORD longestPause = 60;     // seconds
constexpr DWORD settledAfter = 60'000; // milliseconds: it was no bad start

enum class End { Stopped, Died };

const wchar_t *recorderCommand = nullptr;

/** What follows our own name on our command line, as it stands there: quotes and all. */
const wchar_t *ownArguments() {
  const wchar_t *line = GetCommandLineW();
  const wchar_t end = *line == L'"' ? *line++ : L' ';
  while (*line && *line != end) line++;
  if (*line == L'"') line++;
  while (*line == L' ' || *line == L'\t') line++;
  return line;
}

/** The machine's variables for Node are meant for other programs, and can break this one. And it is
 * told that somebody listens, and how long it may be silent. */
void setVariables() {
  const wchar_t *names[] = {L"NODE_OPTIONS", L"NODE_PATH", L"NODE_EXTRA_CA_CERTS", L"NODE_DEBUG"};
  for (const wchar_t *name : names) SetEnvironmentVariableW(name, nullptr);
  SetEnvironmentVariableW(L"PORTREPORTER_NOTIFY", L"stdout");
  SetEnvironmentVariableW(L"WATCHDOG_USEC", L"60000000");
}

class Host {
 public:
  explicit Host(const wchar_t *name) : service_(name), log_(name) {}

  void run() {
    service_.report(SERVICE_START_PENDING);
    DWORD pause = 1;
    for (;;) {
      const ULONGLONG started = GetTickCount64();
      DWORD exitCode = 0;
      if (runRecorder(pause, exitCode) == End::Stopped) return service_.reportStopped(0);
      if (!wasReady_) return service_.reportStopped(exitCode != 0 ? exitCode : 1);
      if (WaitForSingleObject(service_.stopAsked(), pause * 1000) == WAIT_OBJECT_0)
        return service_.reportStopped(0);
      const bool settled = GetTickCount64() - started > settledAfter;
      pause = settled ? 1 : pause < longestPause / 2 ? pause * 2 : longestPause;
    }
  }

 private:
  End runRecorder(DWORD pause, DWORD &exitCode) {
    Recorder recorder(log_);
    if (!recorder.start(recorderCommand)) {
      exitCode = GetLastError();
      log_.write(MESSAGE_NO_PROCESS, exitCode, recorderCommand);
      return End::Died;
    }
    if (watch(recorder) == End::Stopped) {
      stop(recorder);
      return End::Stopped;
    }
    recorder.end();  // whatever it left behind
    exitCode = recorder.exitCode();
    if (wasReady_)
      log_.write(MESSAGE_DIED, recorder.pid(), exitCode, pause, recorder.lastWords());
    else
      log_.write(MESSAGE_NOT_READY, recorder.pid(), exitCode, recorder.lastWords());
    return End::Died;
  }

  /** Until it ends, or is to end. */
  End watch(Recorder &recorder) {
    const HANDLE events[] = {service_.stopAsked(), recorder.process(), recorder.ready()};
    DWORD awaited = 3;
    for (;;) {
      switch (WaitForMultipleObjects(awaited, events, false, tick)) {
        case WAIT_OBJECT_0: return End::Stopped;
        case WAIT_OBJECT_0 + 1: return End::Died;
        case WAIT_OBJECT_0 + 2:
          awaited = 2;
          wasReady_ = true;
          log_.write(MESSAGE_RUNNING, recorder.pid());
          service_.report(SERVICE_RUNNING);
          break;
        default: break;
      }
      if (!wasReady_) service_.report(SERVICE_START_PENDING);
      if (recorder.secondsOfSilence() > longestSilence) {
        log_.write(MESSAGE_HUNG, recorder.pid(), longestSilence);
        recorder.end();
      }
    }
  }

  void stop(Recorder &recorder) {
    recorder.askToStop();
    for (DWORD second = 0; second < longestStop; second++) {
      service_.report(SERVICE_STOP_PENDING);
      if (WaitForSingleObject(recorder.process(), tick) == WAIT_OBJECT_0)
        return log_.write(MESSAGE_STOPPED, recorder.pid());
    }
    log_.write(MESSAGE_DEAF, recorder.pid(), longestStop);
    recorder.end();
  }

  Service service_;
  EventLog log_;
  bool wasReady_ = false;
};

void WINAPI serviceMain(DWORD, wchar_t **arguments) {
  Host host(arguments[0]);
  host.run();
}

}  // namespace

int main() {
  recorderCommand = ownArguments();
  setVariables();
  wchar_t anyName[] = L"";  // a process with one service: the manager tells its name
  const SERVICE_TABLE_ENTRYW services[] = {{anyName, serviceMain}, {nullptr, nullptr}};
  if (StartServiceCtrlDispatcherW(services)) return 0;
  fputs("This program is run by the service control manager.\n"
        "Install-PortReporter registers it, Start-PortReporter starts it.\n", stderr);
  return static_cast<int>(GetLastError());
}
