#!/bin/sh
# Boots one instance, in namespaces of its own, as root of its own users. Environment: INSTANCE (its folder), BASE, NODE, HOST_NAME, ADDRESS, GATEWAY,
# MAP, HAS_AGENT (yes or nothing), PACKAGE_LOCKS. On descriptor 3 it tells how far it is; from standard input it learns that its network interface is there.
set -e
umask 022
root=$INSTANCE/root
mkdir -p "$INSTANCE/usr.upper" "$INSTANCE/usr.work" "$INSTANCE/etc.upper" "$INSTANCE/etc.work" "$root"
if [ ! -d "$root/usr" ]; then
  cd "$root"
  mkdir -p usr etc proc sys dev run tmp home/ec2-user root opt srv mnt media var/log var/lib/cloud var/lib/rpm var/tmp var/cache var/spool
  chmod 1777 tmp var/tmp
  chmod 700 root home/ec2-user
  [ "$MAP" = one ] || chown 1000:1000 home/ec2-user
  ln -s /run var/run
  if [ -n "$HAS_AGENT" ]; then
    mkdir opt/codedeploy-agent
    ln -s /usr/lib/codedeploy-agent opt/codedeploy-agent/bin
  fi
  [ "$PACKAGE_LOCKS" = 0 ] || echo "$PACKAGE_LOCKS" > var/lib/rpm/.sluice-locks
  for folder in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$folder" ]; then ln -s "$(readlink "/$folder")" "$folder"; elif [ -d "/$folder" ]; then mkdir "$folder"; fi
  done
  [ ! -f "$INSTANCE/user-data" ] || mv "$INSTANCE/user-data" var/lib/cloud/user-data
fi
printf '127.0.0.1 localhost\n%s %s\n' "$ADDRESS" "$HOST_NAME" > "$INSTANCE/etc.upper/hosts"
echo "$HOST_NAME" > "$INSTANCE/etc.upper/hostname"

agent=
[ -z "$HAS_AGENT" ] || agent=$BASE/agent
mount --bind "$root" "$root"
mount -t overlay overlay -o "lowerdir=${agent:+$agent/usr:}$BASE/usr:/usr,upperdir=$INSTANCE/usr.upper,workdir=$INSTANCE/usr.work,userxattr" "$root/usr"
mount -t overlay overlay -o "lowerdir=${agent:+$agent/etc:}$BASE/etc,upperdir=$INSTANCE/etc.upper,workdir=$INSTANCE/etc.work,userxattr" "$root/etc"
for folder in bin sbin lib lib32 lib64 libx32; do
  if [ -d "$root/$folder" ] && [ ! -L "$root/$folder" ]; then mount --bind "/$folder" "$root/$folder"; fi
done
mkdir -p "$root/usr/local/bin"
[ -e "$root/usr/local/bin/node" ] || : > "$root/usr/local/bin/node"
mount --bind "$NODE" "$root/usr/local/bin/node"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sys "$root/sys" 2> /dev/null || mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=755,size=1m dev "$root/dev"
for device in null zero full random urandom tty; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
chmod 1777 "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mount -t tmpfs -o mode=755 run "$root/run"
hostname "$HOST_NAME"

read -r _
ip -batch - << END
link set lo up
addr add $ADDRESS/32 dev eth0
link set eth0 up
route add $GATEWAY dev eth0
route add default via $GATEWAY
END
cd "$root"
mkdir -p mnt/.old
pivot_root . mnt/.old
exec chroot . /usr/sbin/sluice-init < /dev/null
