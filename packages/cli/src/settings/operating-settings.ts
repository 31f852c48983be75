import type { Setting } from "./setting.ts";
import { daysOf, fileName, limitOf, metricsAddress } from "./setting-values.ts";

/** The settings of who runs a server: its certificate, its metrics, and for how long things are kept. */
export const operatingSettings = {
  tlsCertificate: {
    flag: "--tls-certificate <file>",
    variable: "SLUICE_TLS_CERTIFICATE",
    default: "",
    isPath: true,
    meaning:
      "speak HTTPS with this certificate instead of one of the data folder's authority: PEM, with those of its issuers after it; SIGHUP has sluice server read it again",
  },
  tlsKey: {
    flag: "--tls-key <file>",
    variable: "SLUICE_TLS_KEY",
    default: "",
    isPath: true,
    meaning: "the key of that certificate, in PEM",
  },
  metrics: {
    flag: "--metrics <address>",
    variable: "SLUICE_METRICS",
    default: "",
    meaning:
      "where metrics are served in Prometheus' format, as PORT of this machine alone or ADDRESS:PORT; who reaches it may read them",
  },
  keepDeployments: {
    flag: "--keep-deployments <days>",
    variable: "SLUICE_KEEP_DEPLOYMENTS",
    default: "365",
    meaning:
      "for how many days deployments that have ended are kept, with their targets and logs; the last one and the last success of each group stay; 0 is for ever",
  },
  keepRevisions: {
    flag: "--keep-revisions <days>",
    variable: "SLUICE_KEEP_REVISIONS",
    default: "365",
    meaning:
      "for how many days after their last use revisions are listed that no deployment group has on its hosts; 0 is for ever",
  },
  keepAudit: {
    flag: "--keep-audit <days>",
    variable: "SLUICE_KEEP_AUDIT",
    default: "0",
    meaning: "for how many days entries of the audit log are kept; 0 is for ever",
  },
  keepUploads: {
    flag: "--keep-uploads <days>",
    variable: "SLUICE_KEEP_UPLOADS",
    default: "7",
    meaning: "for how many days uploads in parts that nobody completes are kept in the local cloud's S3; 0 is for ever",
  },
  limitRequests: {
    flag: "--limit-requests <number>",
    variable: "SLUICE_LIMIT_REQUESTS",
    default: "0",
    meaning:
      "requests a second by one access key, and twice as many at once; more are refused with AWS's ThrottlingException, which SDKs and agents answer by waiting; 0 is no limit",
  },
  limitPolls: {
    flag: "--limit-polls <number>",
    variable: "SLUICE_LIMIT_POLLS",
    default: "8",
    meaning: "polls of one host that are held at once; a further one ends the oldest",
  },
  limitLogBytes: {
    flag: "--limit-log-bytes <number>",
    variable: "SLUICE_LIMIT_LOG_BYTES",
    default: "0",
    meaning:
      "bytes of logs that the hosts of one deployment leave in all; later logs are cut; 0 is no limit but each event's",
  },
} as const satisfies Record<string, Setting>;

/** Reads them. Throws with what was found and expected. */
export function operatingValues(value: (name: keyof typeof operatingSettings) => string) {
  return {
    tlsCertificate: fileName(value("tlsCertificate")),
    tlsKey: fileName(value("tlsKey")),
    metrics: metricsAddress(value("metrics")),
    limits: {
      requests: limitOf("requests a second", value("limitRequests"), 0),
      polls: limitOf("held polls", value("limitPolls"), 1),
      logBytes: limitOf("bytes of logs", value("limitLogBytes"), 0),
    },
    keep: {
      deployments: daysOf("deployments", value("keepDeployments")),
      revisions: daysOf("revisions", value("keepRevisions")),
      auditEntries: daysOf("the audit log", value("keepAudit")),
      uploads: daysOf("uploads", value("keepUploads")),
    },
  };
}
