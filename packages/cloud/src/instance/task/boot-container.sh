#!/bin/sh
# Mounts what a container sees, in namespaces of its own, and goes there. Arguments: the container's folder, and what
# `begin` wants. Environment: CGROUP (a folder to be counted in, or nothing). Every program that this starts is waited for by
# a task's start, so they are few: one mounts everything. What they have to say goes to descriptor 3.
set -e
umask 022
exec 2>&3
folder=$1
shift
[ -z "$CGROUP" ] || echo 0 > "$CGROUP/cgroup.procs"
unset CGROUP
cd "$folder"
mount --all --fstab table
mount -t sysfs -o ro,nosuid,nodev,noexec sys root/sys 2> /dev/null || :
cd root
# The old root comes to lie in a folder of the tools, which are the only programs that can be relied on from here.
pivot_root . .sluice/old
export PATH=
exec /.sluice/loader --library-path /.sluice/lib /.sluice/bin/sh /.sluice/begin "$@"
