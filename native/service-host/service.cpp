#include "service.h"

namespace {

/** Between two reports of a service that is not there yet; one comes every second. */
constexpr DWORD waitHint = 10'000;

bool isPending(DWORD state) {
  return state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
}

}  // namespace

Service::Service(const wchar_t *name)
    : stopAsked_(CreateEventW(nullptr, true, false, nullptr)),
      handle_(RegisterServiceCtrlHandlerExW(name, onControl, this)) {}

void Service::report(DWORD state) { send(state, 0); }

void Service::reportStopped(DWORD exitCode) { send(SERVICE_STOPPED, exitCode); }

void Service::send(DWORD state, DWORD exitCode) {
  AcquireSRWLockExclusive(&lock_);
  // Once it is stopping, a report that it starts or runs comes too late.
  const bool late = state_ == SERVICE_STOP_PENDING && state != SERVICE_STOPPED;
  if (late) state = SERVICE_STOP_PENDING;
  checkpoint_ = isPending(state) ? checkpoint_ + 1 : 0;
  state_ = state;
  SERVICE_STATUS status = {};
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  status.dwCheckPoint = checkpoint_;
  status.dwWaitHint = isPending(state) ? waitHint : 0;
  if (state == SERVICE_START_PENDING || state == SERVICE_RUNNING)
    status.dwControlsAccepted =
        SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PRESHUTDOWN;
  if (exitCode != 0) status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
  status.dwServiceSpecificExitCode = exitCode;
  SetServiceStatus(handle_, &status);
  ReleaseSRWLockExclusive(&lock_);
}

DWORD WINAPI Service::onControl(DWORD control, DWORD, void *, void *service) {
  const auto self = static_cast<Service *>(service);
  switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
    case SERVICE_CONTROL_PRESHUTDOWN:
      self->report(SERVICE_STOP_PENDING);
      SetEvent(self->stopAsked());
      return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
      return NO_ERROR;
    default:
      return ERROR_CALL_NOT_IMPLEMENTED;
  }
}
