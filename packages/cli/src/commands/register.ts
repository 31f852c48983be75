import {
  AddTagsToOnPremisesInstancesCommand,
  type CodeDeployClient,
  GetOnPremisesInstanceCommand,
  InstanceNotRegisteredException,
  RegisterOnPremisesInstanceCommand,
  type Tag,
} from "@aws-sdk/client-codedeploy";
import { accountId } from "../config.ts";
import type { Endpoint } from "../endpoint.ts";
import { callSluice } from "../sluice-call.ts";

/** A host to be set up. */
export interface RegisterRequest {
  readonly name: string;
  readonly tags: readonly string[];
  /** Where the host reaches this control plane; the address that this command uses unless given, over HTTPS if it can be. */
  readonly url?: string | undefined;
  /** The host trusts the certificate of that address anyway, as that of a proxy in front of this control plane. */
  readonly publicCertificate?: boolean | undefined;
  /** The caller accepts that the address has no TLS. */
  readonly insecure?: boolean | undefined;
}

/** Registers an on-premises instance and prints the one command that sets its host up. For an instance that is registered already its host gets a new key. */
export async function register(
  client: CodeDeployClient,
  endpoint: Endpoint,
  { name, tags, publicCertificate = false, ...request }: RegisterRequest,
): Promise<string> {
  if (endpoint.url === undefined) throw new Error("Cannot register a host at AWS: use aws deploy register");
  const pairs = tags.map(tagOf);
  const url = await hostsUrl(endpoint.url, request);
  const iamUserArn = `arn:aws:iam::${accountId}:user/AWS/CodeDeploy/${name}`;
  if (!(await isRegistered(client, name, iamUserArn)))
    await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: name, iamUserArn }));
  if (pairs.length > 0)
    await client.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: [name], tags: pairs }));
  const registration = (await callSluice(endpoint, "CreateHostRegistration", { instanceName: name })) as Registration; // the operation's output
  return instructions(registration, { name, url, publicCertificate });
}

/** Where the host reaches this control plane: the given address, or the one that this command uses, over HTTPS if possible. Throws when others could read what is sent there. */
async function hostsUrl(own: string, { url, insecure = false }: Pick<RegisterRequest, "url" | "insecure">) {
  const found = url ?? ((await hasAuthority(own)) ? own.replace(/^http:/, "https:") : own);
  // It becomes a part of commands for a shell.
  if (!/^https?:\/\/[\w.:[\]-]+(\/[\w./~-]*)?$/.test(found) || !URL.canParse(found))
    throw new Error(`Cannot use the address "${found}": an http or https URL without a query was expected`);
  if (found.startsWith("http:") && !isLocal(found) && !insecure)
    throw new Error(
      `Cannot register a host at ${found}: it has no TLS, so that whoever is on the way can have anything run as root on the host, and learns its key. Start Sluice with --tls, or name the address of a TLS proxy with --url. Where the network is yours alone, say --insecure`,
    );
  return found.replace(/\/$/, "");
}

/** Whether the control plane speaks HTTPS with a certificate of its own authority. */
async function hasAuthority(url: string): Promise<boolean> {
  const response = await fetch(new URL("/hosts/authority.pem", url)).catch((cause: unknown) => {
    throw new Error(`Cannot reach ${url}`, { cause });
  });
  await response.body?.cancel();
  return response.ok;
}

/** Whether an address is this machine's own. */
function isLocal(url: string): boolean {
  const { hostname } = new URL(url);
  return /^(127\.\d+\.\d+\.\d+|(.+\.)?localhost|\[::1\])$/.test(hostname);
}

interface Registration {
  readonly token: string;
  readonly expiresAt: number;
  /** What the host knows the signer of specifications by. */
  readonly signerSha256: string;
  /** What the host knows the certificate of the control plane's own authority by, if there is one. */
  readonly authoritySha256?: string | undefined;
}

async function isRegistered(client: CodeDeployClient, instanceName: string, iamUserArn: string): Promise<boolean> {
  try {
    const { instanceInfo } = await client.send(new GetOnPremisesInstanceCommand({ instanceName }));
    if (instanceInfo?.deregisterTime !== undefined) return false;
    if (instanceInfo?.iamUserArn === iamUserArn) return true;
    throw new Error(
      `Cannot register "${instanceName}": it is registered as ${instanceInfo?.iamUserArn ?? instanceInfo?.iamSessionArn}. Deregister it first, or choose another name`,
    );
  } catch (error) {
    if (error instanceof InstanceNotRegisteredException) return false;
    throw error;
  }
}

function tagOf(text: string): Tag {
  const mark = text.indexOf("=");
  if (mark < 1 || mark === text.length - 1)
    throw new Error(`Cannot read the tag "${text}": KEY=VALUE is wanted, with both of them`);
  return { Key: text.slice(0, mark), Value: text.slice(mark + 1) };
}

function instructions(
  { token, expiresAt, authoritySha256, signerSha256 }: Registration,
  { name, url, publicCertificate }: { name: string; url: string; publicCertificate: boolean },
): string {
  const isPlain = url.startsWith("http:") && !isLocal(url);
  const authority = url.startsWith("https:") && !publicCertificate ? authoritySha256 : undefined;
  const [fetched, trusted, told] =
    authority === undefined ? ["", "", isPlain ? " --insecure" : ""] : trust(url, authority);
  return `"${name}" is registered. On its host, as root, before ${new Date(expiresAt).toISOString()}:

  ${fetched}curl -fsSL ${trusted}${url}/hosts/setup | SLUICE_TOKEN=${token} sh -s -- --url ${url} --signer ${signerSha256}${told}
${isLocal(url) ? "\nOnly this machine reaches that address. For another host, name one that it reaches with --url.\n" : ""}${isPlain ? "\nThis address has no TLS. Whoever is on the way can change this script, and so become root on the host, learns its key and reads what is deployed. Later on the host carries out only what this control plane has signed for it and for that moment, bundles included; but whoever is on the way reads all of it, can hold it up, and can make its reports false. Start Sluice with --tls, or put a TLS proxy in front of it.\n" : ""}`;
}

/** The setup line for an authority that the host does not trust yet: it fetches the certificate from whoever answers, and goes on only if its hash is this one. */
const trust = (url: string, sha256: string) => [
  `ca=$(mktemp) && curl -fsSk -o $ca ${url}/hosts/authority.pem && echo "${sha256}  $ca" | sha256sum -c && `,
  "--cacert $ca ",
  " --ca $ca",
];
