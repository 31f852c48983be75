// What Debian's package manager runs (Debian Policy, chapter 6). DPKG_ROOT is the root of another system than the one that runs
// (dpkg --root with --force-script-chrootless): nothing is started there.

/** Whether the systemd that runs here is that of the system that the package is for. */
const hasSystemd = `[ -z "\${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]`;

/** Starts a unit that is new; one that was there before is only started again if it runs, whatever the administrator has done with it. */
const started = (name: string) => `if ${hasSystemd}; then
  systemctl daemon-reload
  if [ -z "\${2:-}" ]; then systemctl enable --quiet ${name} && systemctl start ${name} || true
  else systemctl try-restart ${name} || true; fi
fi`;

const stopped = (name: string) => `#!/bin/sh
set -e
if [ "$1" = remove ] && ${hasSystemd}; then systemctl disable --quiet --now ${name} || true; fi
`;

const forgotten = `if ${hasSystemd}; then systemctl daemon-reload; fi`;

/** The scripts of the package of the server. Its data stay, whatever is removed: they cannot be made again. */
export const serverScripts = {
  postinst: `#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
systemd-sysusers \${DPKG_ROOT:+--root="$DPKG_ROOT"} sluice.conf
${started("sluice")}
`,
  prerm: stopped("sluice"),
  postrm: `#!/bin/sh
set -e
${forgotten}
[ "$1" = purge ] || exit 0
rm -rf "\${DPKG_ROOT:-}/var/cache/sluice"
if [ -d "\${DPKG_ROOT:-}/var/lib/sluice" ]; then echo 'The data of Sluice are still in /var/lib/sluice. Remove them when nobody needs them any more'; fi
`,
} as const;

/** The scripts of the package of the agent. What it has deployed goes on without it, and what it knows of that stays until it is purged. */
export const agentScripts = {
  postinst: `#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
${started("codedeploy-agent")}
`,
  prerm: stopped("codedeploy-agent"),
  postrm: `#!/bin/sh
set -e
${forgotten}
[ "$1" = purge ] || exit 0
rm -rf "\${DPKG_ROOT:-}/opt/codedeploy-agent" "\${DPKG_ROOT:-}/var/log/aws/codedeploy-agent"
rm -f "\${DPKG_ROOT:-}/etc/codedeploy-agent/conf/codedeploy.onpremises.yml" "\${DPKG_ROOT:-}/etc/codedeploy-agent/conf/authority.pem"
`,
} as const;
