import { statSync } from "node:fs";
import { join } from "node:path";
import type { ControlPlane } from "../control-plane.ts";
import type { Store } from "../store/index.ts";
import type { Readings } from "./measurements.ts";

/** The databases of a data folder; each has its log beside it. */
const databases = [
  "codedeploy.sqlite",
  "identities.sqlite",
  "audit.sqlite",
  "script-logs.sqlite",
  "cloud/cloud.db",
] as const;

/** Returns what is read of a server when somebody asks for its metrics. */
export function readingsOf({
  store,
  controlPlane,
  dataFolder,
}: {
  readonly store: Pick<Store, "deployments" | "queues">;
  readonly controlPlane: Pick<ControlPlane, "polls" | "queues">;
  readonly dataFolder: string;
}): Readings {
  return {
    polls: () => controlPlane.polls(),
    live: () => store.deployments.liveByStatus(),
    queues: () => ({ ...store.queues(), ...controlPlane.queues() }),
    storeSizes: () =>
      Object.fromEntries(
        databases
          .flatMap((file) => [file, `${file}-wal`])
          .flatMap((file) => {
            const found = statSync(join(dataFolder, file), { throwIfNoEntry: false });
            return found === undefined ? [] : [[file, found.size]];
          }),
      ),
  };
}
