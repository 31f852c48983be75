/** The flags that name a revision, in the short form of AWS's command line. */
export interface RevisionFlags {
  readonly s3Location?: string | undefined;
  readonly githubLocation?: string | undefined;
  /** A revision as JSON. */
  readonly revision?: string | undefined;
}

/** Returns the revision that flags name, as CreateDeployment takes it; undefined when there is none. Throws with what was found. */
export function revisionOf({ s3Location, githubLocation, revision }: RevisionFlags): object | undefined {
  const given = [s3Location, githubLocation, revision].filter((flag) => flag !== undefined);
  if (given.length > 1)
    throw new Error("Only one of --s3-location, --github-location and --revision can name the revision");
  if (s3Location !== undefined)
    return { revisionType: "S3", s3Location: shortForm("--s3-location", s3Location, s3Members) };
  if (githubLocation !== undefined)
    return {
      revisionType: "GitHub",
      gitHubLocation: shortForm("--github-location", githubLocation, ["repository", "commitId"]),
    };
  return revision === undefined ? undefined : parsed(revision);
}

const s3Members = ["bucket", "key", "bundleType", "version", "eTag"];

/** Reads `bucket=b,key=k,bundleType=zip`. */
function shortForm(flag: string, text: string, members: readonly string[]): Readonly<Record<string, string>> {
  const pairs = text.split(",").map((pair): readonly [string, string] => {
    const mark = pair.indexOf("=");
    return [pair.slice(0, Math.max(0, mark)), pair.slice(mark + 1)];
  });
  const wrong = pairs.find(([member]) => !members.includes(member));
  if (wrong !== undefined)
    throw new Error(`Cannot read ${flag} "${text}": expected ${members.map((member) => `${member}=…`).join(",")}`);
  return Object.fromEntries(pairs);
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw new Error("Cannot read --revision: it is not JSON", { cause });
  }
  throw new Error("Cannot read --revision: expected a JSON object such as CreateDeployment takes");
}
