# What failed in a suite, out of all that it printed: of Node's runner (`✖ name`) and of the cmdlets'
# (`FAIL  name`), each with the first lines of its message, less most of the stack. A file that
# crashed has only said so before its own line.

BEGIN { most = 25; before = 12 }

{ gsub(/\033\[[0-9;]*m/, "") }

# Node says all of them again at its end.
/^✖ failing tests:/ { isOver = 1; left = 0 }
/^Running / { isOver = 0 }

function isFailure() {
  return !isOver && /^ *✖ / || /^ *FAIL  /
}

isFailure() {
  if (/^✖ .*\.mjs \(/) {
    for (i = NR - before; i < NR; i++) if (i in said && i > told) print said[i]
  }
  left = most
  frames = 0
}

# The end of a message: an empty line or the next test.
/^$/ || /^ *(✔|▶|﹣) / || /^  (ok|skip) / { left = 0 }

left > 0 {
  if (!/^ +at / || frames++ < 2) { print; left-- }
  told = NR
}

{ said[NR] = $0; delete said[NR - before] }
