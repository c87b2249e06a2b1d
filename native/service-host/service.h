// What the service control manager is told of this service, and what it asks.
#pragma once

#include "handle.h"

class Service {
 public:
  /** Registers with the manager under the name that it started us by. */
  explicit Service(const wchar_t *name);

  /** Signalled when the service is to stop, be it by hand or since the system goes down. */
  HANDLE stopAsked() const { return stopAsked_.get(); }
  void report(DWORD state);
  /** The last word: `exitCode` is the recorder's where it failed, else 0. */
  void reportStopped(DWORD exitCode);

 private:
  static DWORD WINAPI onControl(DWORD control, DWORD type, void *data, void *service);
  void send(DWORD state, DWORD exitCode);

  SRWLOCK lock_ = SRWLOCK_INIT;
  DWORD state_ = 0;
  DWORD checkpoint_ = 0;
  Handle stopAsked_;
  SERVICE_STATUS_HANDLE handle_;
};
