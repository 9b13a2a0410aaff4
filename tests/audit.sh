#!/bin/sh
# audit.sh PIP_AUDIT LOCK...: is a vulnerability of a locked version known?
# 0: none is; 1: some are, listed; 2: it could not be asked, which is said and is no "none".
audit=$1
shift
worst=0
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
for lock in "$@"; do
  "$audit" --requirement "$lock" --require-hashes --disable-pip --progress-spinner off \
    --format columns >"$answer" 2>&1
  code=$?
  if [ $code -eq 0 ]; then
    echo "$lock: no known vulnerability"
  elif grep -q '^Found [0-9]* known' "$answer"; then
    echo "$lock: KNOWN VULNERABILITIES"
    cat "$answer"
    [ $worst -eq 2 ] || worst=1
  else
    echo "$lock: COULD NOT BE ASKED (exit $code): nothing is known about it"
    tail -n 3 "$answer"
    worst=2
  fi
done
exit $worst
