#include "recorder.h"

#include <stddef.h>
#include <string.h>

namespace {

constexpr SIZE_T mostMemory = SIZE_T{1} << 30;  // a recorder that needs this much leaks
constexpr DWORD mostWordsAnHour = 100;

/** Milliseconds that the machine was awake. */
LONG64 awakeTime() {
  ULONGLONG time = 0;
  QueryUnbiasedInterruptTime(&time);
  return static_cast<LONG64>(time / 10'000);
}

/** The first word of a command line, which may stand in quotes: a path has none inside. */
bool firstWord(const wchar_t *line, wchar_t (&word)[MAX_PATH * 4]) {
  const wchar_t end = *line == L'"' ? *line++ : L' ';
  size_t length = 0;
  while (line[length] && line[length] != end) length++;
  if (length + 1 >= sizeof word / sizeof *word) return false;
  memcpy(word, line, length * sizeof *word);
  word[length] = 0;
  return length > 3 && word[1] == L':' && word[2] == L'\\';
}

/** A pipe of which the child inherits one end alone. */
bool makePipe(Handle &read, Handle &write, Handle &inherited) {
  return CreatePipe(read.fill(), write.fill(), nullptr, 0) &&
         SetHandleInformation(inherited.get(), HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
}

/** What a new process gets beyond the usual: exactly these handles, and its place in the job. It is
 * in the job from its first moment on, so that it can't outlive us, whenever we end. */
class Attributes {
 public:
  Attributes(HANDLE job, HANDLE (&handles)[3]) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 2, 0, &size);
    list_ = static_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(HeapAlloc(GetProcessHeap(), 0, size));
    job_ = job;
    made_ = list_ && InitializeProcThreadAttributeList(list_, 2, 0, &size);
    whole_ = made_ && add(PROC_THREAD_ATTRIBUTE_JOB_LIST, &job_, sizeof job_) &&
             add(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles, sizeof handles);
  }
  ~Attributes() {
    if (made_) DeleteProcThreadAttributeList(list_);
    HeapFree(GetProcessHeap(), 0, list_);
  }
  Attributes(const Attributes &) = delete;
  Attributes &operator=(const Attributes &) = delete;

  explicit operator bool() const { return whole_; }
  LPPROC_THREAD_ATTRIBUTE_LIST list() const { return list_; }

 private:
  bool add(DWORD_PTR attribute, void *value, SIZE_T size) {
    return UpdateProcThreadAttribute(list_, 0, attribute, value, size, nullptr, nullptr);
  }

  LPPROC_THREAD_ATTRIBUTE_LIST list_;
  HANDLE job_;
  bool made_, whole_;
};

}  // namespace

Recorder::~Recorder() {
  job_.close();  // kills what is left
  lastWords();
}

bool Recorder::start(const wchar_t *commandLine) {
  Handle input, output, errors;
  *ready_.fill() = CreateEventW(nullptr, true, false, nullptr);
  if (!ready_ || !makeJob() || !makePipes(input, output, errors)) return false;
  if (!makeProcess(commandLine, input.get(), output.get(), errors.get())) return false;
  lastSign_ = awakeTime();
  *signReader_.fill() = CreateThread(nullptr, 0, readSigns, this, 0, nullptr);
  *wordReader_.fill() = CreateThread(nullptr, 0, readWords, this, 0, nullptr);
  return signReader_ && wordReader_;
}

bool Recorder::makeJob() {
  *job_.fill() = CreateJobObjectW(nullptr, nullptr);
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
                                            JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION |
                                            JOB_OBJECT_LIMIT_JOB_MEMORY;
  limits.JobMemoryLimit = mostMemory;
  return job_ && SetInformationJobObject(job_.get(), JobObjectExtendedLimitInformation, &limits,
                                         sizeof limits);
}

bool Recorder::makePipes(Handle &input, Handle &output, Handle &errors) {
  return makePipe(input, input_, input) && makePipe(output_, output, output) &&
         makePipe(errors_, errors, errors);
}

bool Recorder::makeProcess(const wchar_t *commandLine, HANDLE input, HANDLE output, HANDLE errors) {
  wchar_t program[MAX_PATH * 4], directory[MAX_PATH * 4], line[32767];
  if (!firstWord(commandLine, program) || wcslen(commandLine) >= sizeof line / sizeof *line) {
    SetLastError(ERROR_BAD_PATHNAME);
    return false;
  }
  memcpy(line, commandLine, (wcslen(commandLine) + 1) * sizeof *line);
  memcpy(directory, program, sizeof directory);
  *(wcsrchr(directory, L'\\') + 1) = 0;

  HANDLE inherited[] = {input, output, errors};
  const Attributes attributes(job_.get(), inherited);
  if (!attributes) return false;
  STARTUPINFOEXW startup = {};
  startup.StartupInfo.cb = sizeof startup;
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = input;
  startup.StartupInfo.hStdOutput = output;
  startup.StartupInfo.hStdError = errors;
  startup.lpAttributeList = attributes.list();
  PROCESS_INFORMATION made = {};
  const DWORD flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_NO_WINDOW;
  if (!CreateProcessW(program, line, nullptr, nullptr, true, flags, nullptr, directory,
                      &startup.StartupInfo, &made))
    return false;
  CloseHandle(made.hThread);
  *process_.fill() = made.hProcess;
  pid_ = made.dwProcessId;
  return true;
}

DWORD Recorder::exitCode() const {
  DWORD code = 0;
  GetExitCodeProcess(process_.get(), &code);
  return code;
}

const wchar_t *Recorder::lastWords() {
  WaitForSingleObject(signReader_.get(), INFINITE);
  WaitForSingleObject(wordReader_.get(), INFINITE);
  return words_;
}

DWORD Recorder::secondsOfSilence() const {
  return static_cast<DWORD>((awakeTime() - lastSign_) / 1000);
}

/** STATUS= is none: it comes from a recorder whose source hangs, too. */
void Recorder::takeSign(const char *line) {
  const bool isReady = strcmp(line, "READY=1") == 0;
  const bool isAtIt = strncmp(line, "EXTEND_TIMEOUT_USEC=", 20) == 0;
  if (isReady) SetEvent(ready_.get());
  if (isReady || isAtIt || strcmp(line, "WATCHDOG=1") == 0) lastSign_ = awakeTime();
}

DWORD WINAPI Recorder::readSigns(void *recorder) {
  const auto self = static_cast<Recorder *>(recorder);
  char line[64], byte;
  size_t length = 0;
  DWORD read = 0;
  while (ReadFile(self->output_.get(), &byte, 1, &read, nullptr) && read == 1) {
    if (byte != '\n') {
      if (length < sizeof line - 1) line[length++] = byte;
      continue;
    }
    line[length] = 0;
    self->takeSign(line);
    length = 0;
  }
  return 0;
}

/** What was written at once becomes one event: a stack is not torn into its lines. */
DWORD WINAPI Recorder::readWords(void *recorder) {
  const auto self = static_cast<Recorder *>(recorder);
  char text[2000];
  DWORD read = 0;
  while (ReadFile(self->errors_.get(), text, sizeof text, &read, nullptr) && read > 0) {
    self->say(text, read);
  }
  return 0;
}

void Recorder::say(const char *text, DWORD length) {
  while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) length--;
  const int room = sizeof words_ / sizeof *words_ - 1;
  const int made = MultiByteToWideChar(CP_UTF8, 0, text, static_cast<int>(length), words_, room);
  words_[made] = 0;
  const ULONGLONG hour = GetTickCount64() / 3'600'000;
  if (hour != hour_) saidThisHour_ = 0;
  hour_ = hour;
  saidThisHour_++;
  if (saidThisHour_ <= mostWordsAnHour) log_.write(MESSAGE_SAID, pid_, words_);
  if (saidThisHour_ == mostWordsAnHour) log_.write(MESSAGE_TALKATIVE, pid_);
}
