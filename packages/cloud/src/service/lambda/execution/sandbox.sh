#!/bin/sh
# Runs one function in namespaces of its own: it sees the system's programs, its code, a private /tmp, and no one else's
# files or processes. Environment: SANDBOX_ROOT (a skeleton of folders), SANDBOX_TABLE (what is mounted there, as in
# fstab), SANDBOX_USER (a uid to become, for root). Arguments: the command.
# Every program that this starts is waited for by a first call, so they are few.
set -e
mount --all --fstab "$SANDBOX_TABLE"
cd "$SANDBOX_ROOT"
user=$SANDBOX_USER
unset SANDBOX_ROOT SANDBOX_TABLE SANDBOX_USER
# The old root comes to lie over the new one, and is taken off.
pivot_root . .
umount -l .
cd /var/task
# The signal of a parent's death has to be asked for last: changing the user forgets it.
if [ -n "$user" ]; then
  exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all --pdeathsig KILL "$@"
fi
exec setpriv --no-new-privs --pdeathsig KILL "$@"
