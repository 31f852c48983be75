import type { Failure } from "./failures.ts";

/** What has helped others, by what failed. The first that fits counts. */
const remedies: readonly (readonly [fits: (failure: Failure) => boolean, remedy: string])[] = [
  [
    ({ message }) => /file already exists at th(is|e) location/i.test(message),
    "A file that no earlier deployment has installed is in the way. Remove it on the host, or deploy with --file-exists-behavior OVERWRITE or RETAIN",
  ],
  [
    ({ errorCode }) => errorCode === "ScriptMissing",
    "The AppSpec file names a script that the revision does not have: compare its hooks with the bundle (sluice appspec check FILE)",
  ],
  [({ errorCode }) => errorCode === "ScriptNotExecutable", "Make the script executable in the bundle: chmod +x"],
  [
    ({ errorCode }) => errorCode === "ScriptTimedOut",
    "Give the hook a longer timeout in the AppSpec file, or find out what it waits for in its log",
  ],
  [
    ({ event, errorCode }) => event === "ApplicationStop" && errorCode === "ScriptFailed",
    "ApplicationStop is a script of the revision before: deploy once with --ignore-application-stop-failures",
  ],
  [
    ({ exitCode }) => exitCode === 127,
    "Exit code 127 says that a command was not found: check the interpreter and the PATH of the hook on the host",
  ],
  [
    ({ exitCode }) => exitCode === 137,
    "Exit code 137 says that something has killed the script: often no memory was left",
  ],
  [
    ({ log, message }) => /no space left on device/i.test(log) || /no space left on device/i.test(message),
    "The host's disk is full: make room there",
  ],
  [
    ({ errorCode }) => errorCode.startsWith("IAM_ROLE_"),
    "The deployment group's service role lacks a right: add it, then deploy again",
  ],
];

/** Returns what may help against a failure; undefined when nothing is known. */
export const remedyFor = (failure: Failure): string | undefined => remedies.find(([fits]) => fits(failure))?.[1];
