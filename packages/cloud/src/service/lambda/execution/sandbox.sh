#!/bin/sh
# Runs one function in namespaces of its own: it sees the system's programs, its code, a private /tmp, and no one else's
# files or processes. Environment: SANDBOX_ROOT (a skeleton of folders), SANDBOX_TABLE (what is mounted there, as in
# fstab), SANDBOX_USER (a uid to become, for root). Arguments: the command.
# Every program that this starts is waited for by a first call, so they are few.
set -e
umask 022
mount --all --fstab "$SANDBOX_TABLE"
cd "$SANDBOX_ROOT"
user=$SANDBOX_USER
# Who is root of a user namespace could make another one in it, and have every right there. What is mounted here would stay
# locked all the same, so where this cannot be said nothing is lost.
[ -n "$user" ] || echo 0 2> /dev/null > /proc/sys/user/max_user_namespaces || :
unset SANDBOX_ROOT SANDBOX_TABLE SANDBOX_USER
# The old root comes to lie over the new one, and is taken off.
pivot_root . .
umount -l .
cd /var/task
# No right over the namespaces that this runs in is left to the function, nor a way to one: an empty bounding set holds for
# root of a user namespace, too, whom every new program would give all rights else.
set -- --no-new-privs --bounding-set=-all --inh-caps=-all --pdeathsig KILL "$@"
# The signal of a parent's death has to be asked for last: changing the user forgets it.
[ -z "$user" ] || set -- --reuid "$user" --regid "$user" --clear-groups "$@"
exec setpriv "$@"
