#!/bin/sh
# Builds the layer that all instances share, as root of the user namespace. Environment: BASE, IMAGE (the folder with
# our own files), MAP (many or one: how many user ids there are), AUTHORITY (the certificate authority), AGENT (the agent's
# bundle), PACKAGE (what else belongs to it) and TOOLS (scripts that containers begin with). The agent lies in a layer of its
# own below `agent`: one image has it.
set -e
umask 022
rm -rf "$BASE" "$BASE.new"
B=$BASE.new
mkdir -p "$B/usr" "$B/etc"

# Folders of the host belong to nobody in here, so root may not write into them. A folder of the same name in this layer
# belongs to root, and merges with the host's: files can then be created, replaced and deleted.
(cd /usr && find . -xdev -maxdepth 3 -type d ! -path './share/doc/*' ! -path './share/man/*' ! -path './lib/python*' 2> /dev/null) | (cd "$B/usr" && xargs mkdir -p)

cp -rP --no-preserve=ownership /etc/. "$B/etc/" 2> /dev/null || : # what this user may not read, instances do without
chmod -R u+rwX "$B/etc"
rm -rf "$B/etc/resolv.conf" "$B/etc/mtab" "$B/etc/machine-id" "$B/etc/codedeploy-agent" "$B/etc/init.d/codedeploy-agent"
echo 'nameserver 169.254.169.253' > "$B/etc/resolv.conf"

# Every program's list of authorities, wherever this system keeps it, and a file of its own for those with none.
for list in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem /etc/ssl/ca-bundle.pem; do
  [ -e "$list" ] || [ "$list" = /etc/ssl/certs/ca-certificates.crt ] || continue
  mkdir -p "$B${list%/*}"
  rm -f "$B$list"
  { cat "$list" 2> /dev/null || :; cat "$AUTHORITY"; } > "$B$list"
done
mkdir -p "$B/etc/sluice/enabled"
cp "$AUTHORITY" "$B/etc/sluice/authority.crt"

user=1000
[ "$MAP" = one ] && user=0
cat > "$B/etc/passwd" << END
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
ec2-user:x:$user:$user:EC2 Default User:/home/ec2-user:/bin/bash
END
cat > "$B/etc/group" << END
root:x:0:
daemon:x:1:
tty:x:5:
wheel:x:10:ec2-user
ec2-user:x:$user:
nogroup:x:65534:
END
printf 'root:*:19000:0:99999:7:::\nec2-user:!:19000:0:99999:7:::\n' > "$B/etc/shadow"
chmod 600 "$B/etc/shadow"
mkdir -p "$B/etc/pam.d"
for service in su su-l runuser runuser-l login other; do
  printf 'auth sufficient pam_permit.so\naccount sufficient pam_permit.so\nsession sufficient pam_permit.so\npassword sufficient pam_permit.so\n' > "$B/etc/pam.d/$service"
done
printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n' > "$B/etc/nsswitch.conf"
printf 'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\nPRETTY_NAME="Amazon Linux 2023 (Sluice local cloud)"\n' > "$B/etc/os-release"

cp -r "$IMAGE/usr" "$B/"
cp "$IMAGE/usr/bin/yum" "$B/usr/bin/dnf"
if [ "$MAP" = one ]; then cp "$IMAGE/single/su" "$B/usr/bin/su"; else install -o 0 -g 0 -m 4755 "$(command -v su)" "$B/usr/bin/su"; fi
mkdir -p "$B/etc/init.d" "$B/etc/codedeploy-agent/conf"
chmod 755 "$B/usr/bin/sudo" "$B/usr/bin/systemctl" "$B/usr/bin/yum" "$B/usr/bin/dnf" "$B/usr/sbin/service" "$B/usr/sbin/sluice-init"
[ "$MAP" != one ] || chmod 755 "$B/usr/bin/su"

A=$B/agent
mkdir -p "$A/usr/lib/codedeploy-agent" "$A/etc/init.d" "$A/etc/sluice/enabled"
cp "$AGENT" "$A/usr/lib/codedeploy-agent/codedeploy-agent.cjs"
cp "$PACKAGE/codedeploy-agent" "$A/etc/init.d/codedeploy-agent"
chmod 755 "$A/etc/init.d/codedeploy-agent"
: > "$A/etc/sluice/enabled/codedeploy-agent"

# What every container is begun with: it sees nothing of this system but these few programs, with their libraries and the
# program that loads them, whatever its image has or lacks. And the folder that devices are mounted in.
T=$B/tools
mkdir -p "$T/root/bin" "$T/root/lib" "$T/root/old" "$T/root/volumes" "$T/dev/pts" "$T/dev/shm"
for program in sh setpriv mount umount mkdir env; do
  file=$(command -v "$program")
  cp -L "$file" "$T/root/bin/$program"
  ldd "$file" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | while read -r library; do cp -L "$library" "$T/root/lib/"; done
  loader=$(ldd "$file" | sed -n 's/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p')
done
cp -L "$loader" "$T/root/loader"
cp "$TOOLS/begin" "$TOOLS/enter" "$T/root/"
for device in null zero full random urandom tty; do : > "$T/dev/$device"; done
ln -s pts/ptmx "$T/dev/ptmx"
ln -s /proc/self/fd "$T/dev/fd"
ln -s /proc/self/fd/0 "$T/dev/stdin"
ln -s /proc/self/fd/1 "$T/dev/stdout"
ln -s /proc/self/fd/2 "$T/dev/stderr"
mv "$B" "$BASE"
