#!/bin/sh
# Runs one function in namespaces of its own: it sees the system's programs, its code, a private /tmp, and no one else's
# files or processes. Environment: SANDBOX_ROOT (an empty folder), SANDBOX_TMP (size of /tmp), SANDBOX_BINDS (lines of
# "SOURCE TARGET"), SANDBOX_USER (a uid to become, for root). Arguments: the command.
set -e
root=$SANDBOX_ROOT
mount -t tmpfs -o mode=755,size=8m sandbox "$root"
cd "$root"
mkdir proc dev tmp usr etc var opt .old
for folder in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$folder" ]; then ln -s "$(readlink "/$folder")" "$folder"; elif [ -d "/$folder" ]; then mkdir "$folder"; mount --rbind "/$folder" "$folder"; fi
done
mount --rbind /usr usr
mount --rbind /etc etc
mount -t proc proc proc
mount -t tmpfs -o "mode=1777,size=$SANDBOX_TMP" tmp tmp
for device in null zero full random urandom; do
  : > "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
ln -s /proc/self/fd dev/fd
mkdir dev/shm
chmod 1777 dev/shm
printf '%s\n' "$SANDBOX_BINDS" | while IFS='	' read -r source target; do
  if [ -d "$source" ]; then mkdir -p "$root$target"; else mkdir -p "$root${target%/*}"; : > "$root$target"; fi
  mount --bind "$source" "$root$target"
  mount -o remount,bind,ro "$root$target" 2> /dev/null || :
done
user=$SANDBOX_USER
unset SANDBOX_ROOT SANDBOX_TMP SANDBOX_BINDS SANDBOX_USER
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
mount -o remount,ro / 2> /dev/null || :
cd /var/task
# The signal of a parent's death has to be asked for last: changing the user forgets it.
if [ -n "$user" ]; then
  exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all --pdeathsig KILL "$@"
fi
exec setpriv --no-new-privs --pdeathsig KILL "$@"
