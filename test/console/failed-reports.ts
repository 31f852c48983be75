import type { Report } from "../support/simulated-agents.ts";

/** What a host reports whose script scripts/validate.sh fails; its log ends with these lines. */
export const validationFailed = (lines: readonly string[]): Report => ({
  status: "Failed",
  diagnostics: {
    error_code: 4,
    script_name: "scripts/validate.sh",
    message: "Script at specified location: scripts/validate.sh failed with exit code 7",
    log: ["LifecycleEvent - ValidateService", "Script - scripts/validate.sh", ...lines].join("\n"),
  },
});

/** What a host reports that has no room for a file. */
export const diskFull = (file: string): Report => ({
  status: "Failed",
  diagnostics: {
    error_code: 5,
    script_name: "",
    message: `No space left on device @ rb_sysopen - ${file}`,
    log: "",
  },
});
