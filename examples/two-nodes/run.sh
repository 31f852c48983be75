#!/usr/bin/env bash
# Two nodes of Sluice on one PostgreSQL, behind HAProxy, all on loopback. A deployment to three hosts runs; the node that
# writes is killed in the middle with SIGKILL. Exits 0 when the deployment has succeeded and every hook has run once on
# every host, else 1 with a sentence.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
  echo "$1" >&2
  exit 1
}
postgres=$(find /usr/lib/postgresql -path '*/bin/initdb' 2> /dev/null | sort -V | tail -1)
[ -n "$postgres" ] || fail "PostgreSQL is not here: apt-get install postgresql"
postgres=$(dirname "$postgres")
haproxy=$(PATH="$PATH:/usr/sbin" command -v haproxy) || fail "HAProxy is not here: apt-get install haproxy"
for program in aws curl python3 tar; do command -v "$program" > /dev/null || fail "$program is not here"; done

folder=$(mktemp -d "${TMPDIR:-/tmp}/sluice-two-nodes-XXXXXX")
started=()
# Ends what this script has started, by its process ids, and removes the folder.
end() {
  for pid in "${started[@]}"; do kill -9 "$pid" 2> /dev/null || true; done
  [ ! -d "$folder/postgres" ] || as_user "$postgres/pg_ctl" -D "$folder/postgres" -m immediate stop > /dev/null 2>&1 || true
  rm -rf "$folder"
}
trap end EXIT

# PostgreSQL refuses to run as root.
as_user() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; else "$@"; fi
}
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
# Repeats a command until it succeeds, for so many seconds.
until_it_works() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

echo "PostgreSQL"
chmod 755 "$folder"
mkdir "$folder/postgres"
[ "$(id -u)" != 0 ] || chown 65534:65534 "$folder/postgres"
database_port=$(free_port)
(cd / && as_user "$postgres/initdb" -D "$folder/postgres" -U sluice -A trust -N > /dev/null)
(cd / && as_user "$postgres/pg_ctl" -D "$folder/postgres" -w -l "$folder/postgres/log" \
  -o "-p $database_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=''" start > /dev/null)
"$postgres/createdb" -h 127.0.0.1 -p "$database_port" -U sluice house
export SLUICE_DATABASE="postgres://sluice@127.0.0.1:$database_port/house"

sluice() { node packages/cli/bin/sluice.js "$@"; }
declare -A port pid
start_node() {
  node packages/cli/bin/sluice.js server --data "$folder/$1" --port "${port[$1]}" --key "$folder/key" >> "$folder/$1.log" 2>&1 &
  pid[$1]=$!
  started+=("${pid[$1]}")
  until_it_works 60 curl -fs "http://127.0.0.1:${port[$1]}/readyz" || fail "The node $1 is not ready: $(tail -3 "$folder/$1.log")"
}
echo "Two nodes"
port[one]=$(free_port)
start_node one
port[two]=$(free_port)
start_node two
sluice nodes

echo "HAProxy in front of them"
front=$(free_port)
cat > "$folder/haproxy.cfg" << CONFIGURATION
global
  maxconn 2000
defaults
  mode http
  timeout connect 2s
  timeout client 90s
  timeout server 90s
  retries 2
  option redispatch
listen sluice
  bind 127.0.0.1:$front
  option httpchk
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost
  default-server check inter 500ms fall 2 rise 1
  server one 127.0.0.1:${port[one]}
  server two 127.0.0.1:${port[two]}
CONFIGURATION
"$haproxy" -f "$folder/haproxy.cfg" > "$folder/haproxy.log" 2>&1 &
started+=($!)
until_it_works 20 curl -fs "http://127.0.0.1:$front/readyz" || fail "HAProxy is not ready: $(tail -3 "$folder/haproxy.log")"

# A revision, served as GitHub serves one: agents fetch it from there.
commit=0123456789abcdef0123456789abcdef01234567
mkdir -p "$folder/github/repos/example/notes/tarball"
tar -czf "$folder/github/repos/example/notes/tarball/$commit" --transform 's|^revision|notes|' -C examples/two-nodes revision
github=$(free_port)
python3 -m http.server --bind 127.0.0.1 --directory "$folder/github" "$github" > "$folder/github.log" 2>&1 &
started+=($!)

echo "Three hosts, whose agents ask whichever node HAProxy gives them"
for host in web-1 web-2 web-3; do
  root="$folder/$host"
  mkdir "$root"
  touch "$root/notes"
  command=$(sluice register "$host" --tag Fleet=all --url "http://127.0.0.1:$front" --data "$folder/one" | grep -E '^  curl ' || true)
  [ -n "$command" ] || fail "The host $host was not registered"
  sh -c "$command --root $root --no-start" > "$folder/$host.log" 2>&1 || fail "The host $host was not set up: $(tail -3 "$folder/$host.log")"
  configuration="$root/etc/codedeploy-agent/conf/codedeployagent.yml"
  echo ":github_endpoint: 'http://127.0.0.1:$github'" >> "$configuration"
  node "$root/opt/codedeploy-agent/bin/codedeploy-agent.cjs" --config_file "$configuration" run >> "$folder/$host.log" 2>&1 &
  started+=($!)
done

export AWS_SHARED_CREDENTIALS_FILE="$folder/one/credentials" AWS_ENDPOINT_URL="http://127.0.0.1:$front"
export AWS_DEFAULT_REGION=us-east-1 AWS_PAGER="" AWS_MAX_ATTEMPTS=10 AWS_RETRY_MODE=standard AWS_EC2_METADATA_DISABLED=true
aws deploy create-application --application-name notes > /dev/null
aws deploy create-deployment-group --application-name notes --deployment-group-name all \
  --service-role-arn arn:aws:iam::123456789012:role/deploy \
  --deployment-config-name CodeDeployDefault.AllAtOnce \
  --on-premises-instance-tag-filters Key=Fleet,Value=all,Type=KEY_AND_VALUE > /dev/null
deploy() {
  aws deploy create-deployment --application-name notes --deployment-group-name all \
    --github-location "repository=example/notes,commitId=$commit" --query deploymentId --output text
}
has_ended() { aws deploy get-deployment --deployment-id "$1" --query deploymentInfo.status --output text | grep -qE 'Succeeded|Failed|Stopped'; }
has_noted() { [ "$(cat "$folder"/web-*/notes | grep -c "^$1 ")" -ge "$2" ]; }

echo "A first deployment"
first=$(deploy)
until_it_works 90 has_ended "$first" || fail "The first deployment does not end"

deployment=$(deploy)
echo "The deployment $deployment"
until_it_works 60 has_noted "$deployment" 4 || fail "The deployment does not begin: $(tail -3 "$folder/web-1.log")"
writer=one
sluice nodes | grep ' writes' | grep -q ":${port[one]} " || writer=two
echo "… and in the middle of it, SIGKILL for the node that writes, $writer"
kill -9 "${pid[$writer]}"
killed=$SECONDS
until_it_works 90 has_ended "$deployment" || fail "The deployment does not end: $(tail -3 "$folder/one.log" "$folder/two.log")"
status=$(aws deploy get-deployment --deployment-id "$deployment" --query deploymentInfo.status --output text)
[ "$status" = Succeeded ] || fail "The deployment is $status"
for host in web-1 web-2 web-3; do
  for event in ApplicationStop BeforeInstall AfterInstall ApplicationStart ValidateService; do
    times=$(grep -c "^$deployment $event\$" "$folder/$host/notes" || true)
    [ "$times" = 1 ] || fail "$event has run $times times on $host"
  done
done
echo "It has succeeded $((SECONDS - killed)) s later, and every hook has run once on every host"

start_node "$writer"
echo "The killed node is back:"
sluice nodes
