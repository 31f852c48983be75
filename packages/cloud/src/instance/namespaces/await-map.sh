#!/bin/sh
# Waits for the line that says that user ids are mapped, and for an earlier netd of this folder to be gone: one whose starter
# was killed ends by itself at the end of its own start. Then becomes netd, which holds the lock as long as it lives.
# Environment: SLUICE_STATE. Arguments: node, netd.ts.
umask 022
read -r _ || exit 1
exec 9>> "$SLUICE_STATE/netd.lock"
flock 9
exec "$@"
