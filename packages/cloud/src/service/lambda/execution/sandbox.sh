#!/bin/sh
# Runs one function in namespaces of its own: it sees the system's programs, its code, a private /tmp, and no one else's
# files or processes. Environment: SANDBOX_ROOT (a skeleton of folders), SANDBOX_TABLE (what is mounted there, as in
# fstab), SANDBOX_USER (a uid to become, for root), SANDBOX_NESTS (not empty: that user may make user namespaces). Arguments: the command.
# Every program that this starts is waited for by a first call, so they are few.
set -e
umask 022
mount --all --fstab "$SANDBOX_TABLE"
cd "$SANDBOX_ROOT"
user=$SANDBOX_USER nests=$SANDBOX_NESTS
# Who is root of a user namespace could make another one in it, and have every right there. What is mounted here would stay
# locked all the same, so where this cannot be said nothing is lost but a limit of memory.
[ -n "$user" ] || echo 0 2> /dev/null > /proc/sys/user/max_user_namespaces || :
unset SANDBOX_ROOT SANDBOX_TABLE SANDBOX_USER SANDBOX_NESTS
# The old root comes to lie over the new one, and is taken off.
pivot_root . .
umount -l .
cd /var/task
unset OLDPWD
# No right over the namespaces that this runs in is left to the function, nor a way to one: an empty bounding set holds for
# root of a user namespace, too, whom every new program would give all rights else. The signal of a parent's death has to be
# asked for last: changing the user forgets it.
set -- --no-new-privs --bounding-set=-all --inh-caps=-all --pdeathsig KILL "$@"
[ -n "$user" ] || exec setpriv "$@"
[ -n "$nests" ] || exec setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
# An ordinary user of this machine may make user namespaces. So this one becomes root of one, where it can be said as above.
exec setpriv --reuid "$user" --regid "$user" --clear-groups unshare -U -r sh -c '
echo 0 2> /dev/null > /proc/sys/user/max_user_namespaces || :
exec setpriv "$@"' sh "$@"
