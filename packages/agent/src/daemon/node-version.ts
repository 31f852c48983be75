/** The oldest Node that this agent runs on. `share/`, the set-up script and the README say the same. */
const oldest = [20, 15] as const;

/** The first versions whose HTTP client supports proxies. Earlier ones silently ignore the option. */
const withProxies = [
  [22, 21],
  [24, 5],
] as const;

/** Returns the error for a version of Node that is too old; undefined for others. */
export function nodeTooOld(version: string): string | undefined {
  if (isAtLeast(version, oldest)) return undefined;
  return `Node.js ${oldest.join(".")} or later is needed, and ${version} was found`;
}

/** Throws when a proxy is configured and this version of Node would ignore it. */
export function checkProxy(proxyUri: string | undefined, version: string): void {
  const wanted = withProxies[version.startsWith("22.") ? 0 : 1];
  if (proxyUri !== undefined && !isAtLeast(version, wanted))
    throw new Error(`proxy_uri needs Node.js 22.21, 24.5 or later, and ${version} was found`);
}

function isAtLeast(version: string, [wantedMajor, wantedMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
