#!/bin/sh
# Makes the room that the containers of one task share, in namespaces of its own (users, network, host name, messages), and
# keeps it. Environment: TASK (its folder), HOST_NAME, ADDRESS, GATEWAY. Arguments: the names of its containers. On descriptor
# 3 it tells how far it is; from standard input it learns that its network interface is there.
set -e
umask 022
hostname "$HOST_NAME"
# Nothing in here makes user namespaces, where it would have every right.
echo 0 2> /dev/null > /proc/sys/user/max_user_namespaces || :
cd "$TASK"
for name; do
  # What a container writes. Whoever it runs as may open its standard output anew.
  [ -p "$name/output" ] || mkfifo -m 622 "$name/output"
done
read -r _
ip -batch - << END
link set lo up
addr add $ADDRESS/32 dev eth0
link set eth0 up
route add $GATEWAY dev eth0
route add default via $GATEWAY
END
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start 2> /dev/null || : # as Docker has it: any user may listen on port 80
echo booted >&3
exec 3>&-
cd /
exec sleep infinity < /dev/null
