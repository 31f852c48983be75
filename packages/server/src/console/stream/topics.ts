import { badRequest } from "../http/problem.ts";

/** Topics that are about everything. */
const wholeTopics = ["now", "deployments", "where", "hosts", "events", "audit", "cloud"] as const;

/** Topics that are about one deployment. */
const deploymentTopics = ["deployment", "targets", "events", "logs"] as const;

/** What a reader of the stream wants to hear of. */
export type Topic =
  | { readonly name: (typeof wholeTopics)[number]; readonly id?: undefined }
  | { readonly name: (typeof deploymentTopics)[number]; readonly id: string };

/** How many topics one stream has. */
const topicsMax = 32;

/** Reads `now,deployment:d-ABCDEF123`. */
export function topicsOf(text: string): readonly Topic[] {
  const names = [...new Set(text.split(",").filter((name) => name !== ""))];
  if (names.length === 0 || names.length > topicsMax)
    throw badRequest(`topics must name 1 to ${topicsMax} topics, separated by commas`);
  return names.map(topicOf);
}

function topicOf(text: string): Topic {
  const [name = "", id] = /^([a-z]+):([A-Za-z0-9-]{1,64})$/.exec(text)?.slice(1) ?? [text];
  const whole = wholeTopics.find((one) => one === name);
  if (id === undefined && whole !== undefined) return { name: whole };
  const own = deploymentTopics.find((one) => one === name);
  if (id !== undefined && own !== undefined) return { name: own, id };
  throw badRequest(`There is no topic ${JSON.stringify(text.slice(0, 100))}`);
}

/** The topic as it stands in messages. */
export const topicName = ({ name, id }: Topic): string => (id === undefined ? name : `${name}:${id}`);
