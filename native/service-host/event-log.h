// The event log of Windows, in which an administrator looks first (Event Viewer, Get-WinEvent).
#pragma once

#include <windows.h>

#include "messages.h"

class EventLog {
 public:
  /** `source` is the name of the service, under which the installer registered this program. */
  explicit EventLog(const wchar_t *source) : handle_(RegisterEventSourceW(nullptr, source)) {}
  ~EventLog() {
    if (handle_) DeregisterEventSource(handle_);
  }
  EventLog(const EventLog &) = delete;
  EventLog &operator=(const EventLog &) = delete;

  /** Numbers and texts stand in the message's order. Can't fail: there is nobody else to tell. */
  template <typename... Inserts>
  void write(DWORD message, Inserts... inserts) const {
    const Insert texts[] = {Insert(inserts)...};
    const wchar_t *strings[sizeof...(inserts)];
    for (size_t i = 0; i < sizeof...(inserts); i++) strings[i] = texts[i].text();
    ReportEventW(handle_, typeOf(message), 0, message, nullptr, sizeof...(inserts), 0, strings,
                 nullptr);
  }

 private:
  /** A text, or a number as text. */
  class Insert {
   public:
    explicit Insert(const wchar_t *text) : text_(text) {}
    explicit Insert(DWORD number);
    const wchar_t *text() const { return text_ ? text_ : digits_; }

   private:
    const wchar_t *text_ = nullptr;
    wchar_t digits_[11] = {};
  };

  static WORD typeOf(DWORD message);

  HANDLE handle_;
};
