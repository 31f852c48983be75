#!/bin/sh
# Sets up this host for deployments by Sluice: the agent, its configuration, its key and its service.
# Usage: SLUICE_TOKEN=TOKEN sh -s -- --url URL [--signer SHA256] [--ca FILE] [--insecure] [--root FOLDER] [--no-start]
#   SLUICE_TOKEN     from `sluice register`: good for one host, once. Arguments could be read by everybody on this host
#   --url URL        where Sluice answers
#   --signer SHA256  of the key that it signs specifications with: the agent is to carry out no others
#   --ca FILE        the certificate of its own authority, which the agent is to trust
#   --insecure       the address may have no TLS: whoever is on the way can become root on this host
#   --root FOLDER    puts everything below a folder, such as that of an image
#   --no-start       leaves the agent stopped
set -eu
umask 022 # whatever this shell has: the program that root is to run is for root alone to change
url='' signer='' ca='' insecure='' root='' start=yes token=${SLUICE_TOKEN-}
unset SLUICE_TOKEN
usage() { echo 'Usage: SLUICE_TOKEN=TOKEN sh -s -- --url URL [--signer SHA256] [--ca FILE] [--insecure] [--root FOLDER] [--no-start]' >&2; exit 2; }
fail() { echo "Cannot set up this host: $*" >&2; exit 1; }
while [ $# -gt 0 ]; do
  case $1 in
    --url) [ $# -gt 1 ] || usage; url=${2%/}; shift 2 ;;
    --signer) [ $# -gt 1 ] || usage; signer=$2; shift 2 ;;
    --ca) [ $# -gt 1 ] || usage; ca=$2; shift 2 ;;
    --insecure) insecure=yes; shift ;;
    --root) [ $# -gt 1 ] || usage; root=${2%/}; shift 2 ;;
    --no-start) start=no; shift ;;
    *) usage ;;
  esac
done
[ -n "$url" ] || usage
is_local() { # URL: whether it is this machine's own address
  address=${1#http://} address=${address%%/*}
  name=${address%%:*}
  case $address in '[::1]' | '[::1]:'*) return 0 ;; esac
  case $name in
    localhost | *.localhost) return 0 ;;
    127.*) case $name in *[!0-9.]*) return 1 ;; esac ;;
    *) return 1 ;;
  esac
}
case $url in
  *[!A-Za-z0-9._~:/[\]-]*) fail "the address '$url' cannot be used: an http or https URL without a user or a query was expected" ;;
  https://*) ;;
  http://*)
    is_local "$url" || [ -n "$insecure" ] ||
      fail "$url has no TLS, so that whoever is on the way can have anything run as root on the host, and learns its key. Start Sluice with --tls, or name the address of a TLS proxy with --url. Where the network is yours alone, say --insecure" ;;
  *) fail "the address '$url' cannot be used: an http or https URL was expected" ;;
esac
[ -n "$token" ] || fail 'the environment has no SLUICE_TOKEN; sluice register prints the whole command'
[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'run this as root'
[ -z "$ca" ] || [ -r "$ca" ] || fail "the certificate $ca cannot be read"
packaged=$root/opt/codedeploy-agent/bin/codedeploy-agent
program=$packaged.cjs
if [ -x "$packaged" ]; then
  agent=$packaged # of the package sluice-agent, which needs no Node
else
  node=$(command -v node) || fail 'Node.js 20.15 or later is needed, see https://nodejs.org; or the package sluice-agent, which needs none'
  "$node" -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 15) ? 0 : 1)' ||
    fail "Node.js 20.15 or later is needed, and $("$node" --version) was found"
  agent="$node $program"
fi
conf=$root/etc/codedeploy-agent/conf
[ ! -e "$conf/codedeploy.onpremises.yml" ] || fail "$conf/codedeploy.onpremises.yml is there already; remove it to give this host a new key"

fetch() { # URL FILE
  if command -v curl > /dev/null; then curl -fsS ${ca:+--cacert "$ca"} -o "$2" "$1"; else wget -q ${ca:+--ca-certificate "$ca"} -O "$2" "$1"; fi
}
post() { # URL FILE; the body comes from standard input, where nobody sees it in a list of processes
  if command -v curl > /dev/null; then curl -fsS ${ca:+--cacert "$ca"} -o "$2" --data-binary @- "$1"; else wget -q ${ca:+--ca-certificate "$ca"} -O "$2" --post-file=/dev/stdin "$1"; fi
}

mkdir -p "$(dirname "$program")" "$conf" "$root/var/log/aws/codedeploy-agent"
if [ "$agent" != "$packaged" ]; then
  echo "Downloading the agent from $url"
  fetch "$url/hosts/codedeploy-agent.cjs" "$program.new" || fail "no agent at $url"
  mv "$program.new" "$program"
fi
[ -z "$ca" ] || cat "$ca" > "$conf/authority.pem"
cat > "$conf/codedeployagent.yml" << CONFIGURATION
---
:program_name: codedeploy-agent
:log_dir: '$root/var/log/aws/codedeploy-agent/'
:pid_dir: '$root/opt/codedeploy-agent/state/.pid/'
:root_dir: '$root/opt/codedeploy-agent/deployment-root'
:on_premises_config_file: '$conf/codedeploy.onpremises.yml'
:deploy_control_endpoint: '$url'
:s3_endpoint_override: '$url'
${ca:+:ca_bundle: '$conf/authority.pem'}
${signer:+:trusted_signer: '$signer'}
:wait_between_runs: 1
:max_revisions: 5
CONFIGURATION

echo 'Asking for a key'
umask 077
printf '%s' "$token" | post "$url/hosts/register" "$conf/codedeploy.onpremises.yml.new" ||
  fail 'the token is not good: it has been used, or it has expired. Make another one with: sluice register'
mv "$conf/codedeploy.onpremises.yml.new" "$conf/codedeploy.onpremises.yml"
umask 022

if [ -e "$root/usr/lib/systemd/system/codedeploy-agent.service" ]; then
  begin='systemctl restart codedeploy-agent'
elif [ -d /run/systemd/system ] || [ -d "$root/etc/systemd/system" ]; then
  mkdir -p "$root/etc/systemd/system"
  cat > "$root/etc/systemd/system/codedeploy-agent.service" << UNIT
[Unit]
Description=AWS CodeDeploy agent, by Sluice
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=$agent --config_file $conf/codedeployagent.yml run
Restart=always
# What deployments have started outlives the agent.
KillMode=process

[Install]
WantedBy=multi-user.target
UNIT
  [ -n "$root" ] || systemctl daemon-reload
  [ -n "$root" ] || systemctl enable codedeploy-agent
  begin='systemctl start codedeploy-agent'
else
  begin="$agent --config_file $conf/codedeployagent.yml start"
fi
echo "Installed. Start the agent with: $begin"
[ "$start" = no ] || [ -n "$root" ] || $begin
