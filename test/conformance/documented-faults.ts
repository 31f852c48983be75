import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";

const folder = new URL("../../node_modules/@aws-sdk/client-codedeploy/dist-types/commands/", import.meta.url).pathname;

/** The faults that AWS documents for each operation, without `Exception`, as the SDK's declarations list them. */
export const documentedFaults: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  globSync(`${folder}*Command.d.ts`).map((path) => {
    const names = readFileSync(path, "utf8").matchAll(/@throws \{@link (\w+?)Exception\}/g);
    return [basename(path, "Command.d.ts"), new Set([...names].map(([, name = ""]) => name))];
  }),
);
