#!/bin/sh
# Starts the server in the background. Its output goes to a file: a child that kept this script's output open would keep the event from ending.
cd "${SLUICE_INSTALL_ROOT:-}/opt/hello" || exit 1
$(command -v setsid) node server.mjs > /dev/null 2>&1 < /dev/null &
echo $! > "${SLUICE_INSTALL_ROOT:-}/opt/hello.pid"
echo "started, process $!"
