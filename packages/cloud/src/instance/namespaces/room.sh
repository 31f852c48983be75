#!/bin/sh
# Run by root: makes a room where an ordinary user finds the program and the state, wherever those really lie, and
# becomes that user. Arguments: uid, state folder, code folder, node; then the command to run in the room.
set -e
umask 022
uid=$1 state=$2 code=$3 node=$4
shift 4
mount -t tmpfs -o mode=755,size=1m room /mnt
mkdir /mnt/state /mnt/code
: > /mnt/node
mount --bind "$state" /mnt/state
mount --bind "$code" /mnt/code
mount --bind "$node" /mnt/node
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
