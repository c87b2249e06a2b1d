// One run of the recorder: a process in a job of its own, with a pipe at each of its three ends.
//
// stdin   the recorder stops when it is closed
// stdout  signs of life, a line each, in systemd's words (sd_notify(3)): READY=1, WATCHDOG=1, and
//         EXTEND_TIMEOUT_USEC=… as long as it starts
// stderr  what it has to say to people; goes to the event log
#pragma once

#include "event-log.h"
#include "handle.h"

class Recorder {
 public:
  explicit Recorder(const EventLog &log) : log_(log) {}
  ~Recorder();

  /** False where the process could not be made; GetLastError says why. `commandLine` begins with
   * the full path of its program: nothing is ever searched for by name. */
  bool start(const wchar_t *commandLine);
  void askToStop() { input_.close(); }
  /** Ends the process and all that it may have started. */
  void end() { TerminateJobObject(job_.get(), ERROR_PROCESS_ABORTED); }

  HANDLE process() const { return process_.get(); }
  DWORD pid() const { return pid_; }
  DWORD exitCode() const;
  /** Waits until its pipes are read to the end, then gives the last of what it said. */
  const wchar_t *lastWords();

  /** Signalled once it has said that it is ready. */
  HANDLE ready() const { return ready_.get(); }
  /** Since its last sign of life, or its start. Suspended time isn't counted. */
  DWORD secondsOfSilence() const;

 private:
  static DWORD WINAPI readSigns(void *recorder);
  static DWORD WINAPI readWords(void *recorder);
  bool makeJob();
  bool makePipes(Handle &input, Handle &output, Handle &errors);
  bool makeProcess(const wchar_t *commandLine, HANDLE input, HANDLE output, HANDLE errors);
  void takeSign(const char *line);
  void say(const char *text, DWORD length);

  const EventLog &log_;
  Handle job_, process_, input_, output_, errors_, ready_, signReader_, wordReader_;
  DWORD pid_ = 0;
  volatile LONG64 lastSign_ = 0;
  DWORD saidThisHour_ = 0;
  ULONGLONG hour_ = 0;
  wchar_t words_[2048] = L"(none)";
};
