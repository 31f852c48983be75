#!/bin/sh
# Stops the version before this one. A server that is not running is no failure.
pid_file="${SLUICE_INSTALL_ROOT:-}/opt/hello.pid"
[ -s "$pid_file" ] || exit 0
pid=$(cat "$pid_file")
kill "$pid" 2> /dev/null && echo "stopped, process $pid"
for _ in 1 2 3 4 5 6 7 8 9 10; do
  kill -0 "$pid" 2> /dev/null || break
  sleep 0.1
done
rm -f "$pid_file"
