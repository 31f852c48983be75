import type { settings } from "../config.ts";

/** The places of what the service has on a host. The unit's is the administrator's: a package brings its own elsewhere. */
export const places = {
  unit: "/etc/systemd/system/sluice.service",
  packagedUnit: "/usr/lib/systemd/system/sluice.service",
  user: "/etc/sysusers.d/sluice.conf",
  settings: "/etc/sluice/sluice.env",
  data: "/var/lib/sluice",
} as const;

/** What systemd-sysusers makes the service's own user of. */
export const sysusers = `# The user that Sluice's service runs as.
u sluice - "Sluice" ${places.data} /usr/sbin/nologin
`;

/** What the service runs beside the control plane when it is to have S3 and IAM of its own: hosts of a company's own need no AWS then. Its instances would be ordinary processes, since it makes no namespaces. */
export const withLocalCloud = { SLUICE_COMMAND: "up --no-example --driver plain" } as const;

/**
 * The unit of the control plane. It may write to its data folder and its cache, sees no home, gets no rights by any
 * program, and makes no namespaces, which only isolated instances need. Node writes code as it runs, so memory may be both
 * written and run. `start` is the command
 * that starts this program, with a path that systemd takes as it is; what it starts is a setting.
 */
export const unit = (start: string): string => `[Unit]
Description=Sluice, AWS CodeDeploy as open software: the control plane
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=${start} $SLUICE_COMMAND
# Settings, and AWS's credentials where there is no role: sluice --help names the variables.
EnvironmentFile=-${places.settings}
Environment=SLUICE_DATA=${places.data} SLUICE_COMMAND=server
User=sluice
Group=sluice
StateDirectory=sluice
StateDirectoryMode=0700
CacheDirectory=sluice
CacheDirectoryMode=0700
WorkingDirectory=${places.data}
UMask=0077
Restart=on-failure
RestartSec=2
TimeoutStopSec=30
# Each host's held poll is a connection.
LimitNOFILE=65536

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;

/** Lines of the file with the service's settings, before any is set. */
export const settingsHead = `# The settings of Sluice's service: NAME=VALUE, one a line. sluice --help says what they mean.
# SLUICE_COMMAND="${withLocalCloud.SLUICE_COMMAND}" starts a local cloud, too, for S3 and IAM; without it, it is AWS's.
# After a change: systemctl restart sluice
`;

/** A setting that the command line was given; a flag without a value is switched on. */
export type Given = Readonly<Partial<Record<keyof typeof settings, string | true>>>;

/** Returns the text of a file with settings after some were set: others, and comments, stay as they are. Throws when a value cannot be written. */
export function withSettings(text: string, given: Readonly<Record<string, string>>): string {
  const lines = text.split("\n").filter((line) => !Object.keys(given).some((name) => line.startsWith(`${name}=`)));
  while (lines.at(-1) === "") lines.pop();
  const set = Object.entries(given).map(([name, value]) => {
    if (/[\0-\x1f\x7f]/.test(value))
      throw new Error(`Cannot write ${name} to ${places.settings}: it has more than one line`);
    return `${name}="${value.replaceAll(/["\\$`]/g, "\\$&")}"`;
  });
  return `${[...lines, ...set].join("\n")}\n`;
}
