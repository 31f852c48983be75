import { query } from "../../live/router.ts";

/** What the form has: all of it is in the address, so that a deployment to be made can be sent to somebody. */
export interface Choice {
  readonly application: string;
  readonly group: string;
  readonly revision: string;
  readonly description: string;
  readonly onExisting: string;
  readonly ignoresStop: boolean;
  readonly onlyOutdated: boolean;
}

/** The choice that the address holds. */
export function choiceOf(): Choice {
  const text = (name: string) => query.value.get(name) ?? "";
  return {
    application: text("application"),
    group: text("group"),
    revision: text("revision"),
    description: text("description"),
    onExisting: text("existing") === "" ? "DISALLOW" : text("existing"),
    ignoresStop: text("ignoreStop") === "1",
    onlyOutdated: text("outdated") === "1",
  };
}

/** CreateDeployment's input for a choice. */
export const inputOf = (
  choice: Choice,
  revision: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => ({
  applicationName: choice.application,
  deploymentGroupName: choice.group,
  revision,
  ...(choice.description !== "" && { description: choice.description }),
  ...(choice.onExisting !== "DISALLOW" && { fileExistsBehavior: choice.onExisting }),
  ...(choice.ignoresStop && { ignoreApplicationStopFailures: true }),
  ...(choice.onlyOutdated && { updateOutdatedInstancesOnly: true }),
});
