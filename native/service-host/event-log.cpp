#include "event-log.h"

#include <stdio.h>

EventLog::Insert::Insert(DWORD number) {
  swprintf(digits_, sizeof digits_ / sizeof *digits_, L"%lu", number);
}

/** The two highest bits of a message are its severity. */
WORD EventLog::typeOf(DWORD message) {
  switch (message >> 30) {
    case 3: return EVENTLOG_ERROR_TYPE;
    case 2: return EVENTLOG_WARNING_TYPE;
    default: return EVENTLOG_INFORMATION_TYPE;
  }
}
