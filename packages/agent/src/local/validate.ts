import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LocalOptions } from "./options.ts";

/** An option is invalid (agent.md §8.5). */
export class Invalid extends Error {}

/** Checks the options. Throws Invalid with the official tool's sentences. */
export function validate(options: LocalOptions): void {
  const { bundleLocation: location, type } = options;
  if (!["tgz", "tar", "zip", "directory"].includes(type))
    throw new Invalid(`type ${type} is not a valid type. Must be one of tgz,tar,zip,directory`);
  if (/\s/.test(location) && !existsSync(location)) throw new Invalid(`location ${location} is not a valid uri`);
  if (location.startsWith("http:"))
    throw new Invalid(`location ${location} cannot be http, only encrypted (https) url endpoints supported`);
  if (!/^(https|s3):/.test(location)) validateLocal(options);
  if (options.events !== undefined) validateOrder(options.events);
}

function validateLocal({ bundleLocation: location, type, appSpecFilename }: LocalOptions): void {
  const kind = statSync(location, { throwIfNoEntry: false });
  if (kind === undefined)
    throw new Invalid(`location ${location} is specified as a file or directory which does not exist`);
  if (type === "directory" && kind.isFile())
    throw new Invalid(`location ${location} is specified with type directory but it is a file`);
  if (type !== "directory" && kind.isDirectory())
    throw new Invalid(`location ${location} is specified as a compressed local file but it is a directory`);
  if (type !== "directory") return;
  const names = appSpecFilename === undefined ? ["appspec.yml", "appspec.yaml"] : [appSpecFilename];
  if (names.some((name) => existsSync(join(location, name)))) return;
  const wanted = names.join(" or ");
  throw new Invalid(
    `Expecting appspec file at location ${names.map((name) => `${location}/${name}`).join(" or ")} but it is not found there. ` +
      `Please either run the CLI from within a directory containing the ${wanted} file or specify a bundle location containing an ${wanted} file in its root directory`,
  );
}

const beforeDownload = ["BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop"];
const ofNewRevision = [
  "AfterInstall",
  "ApplicationStart",
  "BeforeAllowTraffic",
  "AfterAllowTraffic",
  "ValidateService",
];

function validateOrder(events: readonly string[]): void {
  refuseBefore(events, "DownloadBundle", { forbidden: [...ofNewRevision, "Install"], allowed: beforeDownload });
  refuseBefore(events, "Install", {
    forbidden: ofNewRevision,
    allowed: [...beforeDownload, "DownloadBundle", "BeforeInstall"],
  });
}

function refuseBefore(
  events: readonly string[],
  event: string,
  { forbidden, allowed }: { forbidden: readonly string[]; allowed: readonly string[] },
): void {
  const before = events.slice(0, Math.max(0, events.indexOf(event)));
  if (before.some((one) => forbidden.includes(one)))
    throw new Invalid(
      `The only events that can be specified before ${event} are ${allowed.join(",")}. Please fix the order of your specified events: ${events.join(",")}`,
    );
}
