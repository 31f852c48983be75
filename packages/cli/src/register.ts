import {
  AddTagsToOnPremisesInstancesCommand,
  type CodeDeployClient,
  GetOnPremisesInstanceCommand,
  InstanceNotRegisteredException,
  RegisterOnPremisesInstanceCommand,
  type Tag,
} from "@aws-sdk/client-codedeploy";
import { accountId } from "./config.ts";
import type { Endpoint } from "./endpoint.ts";
import { callSluice } from "./sluice-call.ts";

/** A host to be set up. */
export interface RegisterRequest {
  readonly name: string;
  readonly tags: readonly string[];
  /** Where the host reaches this control plane; the address that this command uses unless given, over HTTPS if it can be. */
  readonly url?: string;
  /** The host trusts the certificate of that address anyway, as that of a proxy in front of this control plane. */
  readonly publicCertificate?: boolean;
}

/** Registers an on-premises instance and gives the one command that sets its host up. Again for an instance that is registered: its host gets a new key. */
export async function register(
  client: CodeDeployClient,
  endpoint: Endpoint,
  { name, tags, url, publicCertificate = false }: RegisterRequest,
): Promise<string> {
  if (endpoint.url === undefined) throw new Error("Cannot register a host at AWS: use aws deploy register");
  const pairs = tags.map(tagOf);
  const iamUserArn = `arn:aws:iam::${accountId}:user/AWS/CodeDeploy/${name}`;
  if (!(await isRegistered(client, name, iamUserArn)))
    await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: name, iamUserArn }));
  if (pairs.length > 0)
    await client.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: [name], tags: pairs }));
  const registration = (await callSluice(endpoint, "CreateHostRegistration", { instanceName: name })) as Registration; // the operation's output
  const { authoritySha256 } = registration;
  const own = authoritySha256 === undefined ? endpoint.url : endpoint.url.replace(/^http:/, "https:");
  return instructions(registration, { name, url: (url ?? own).replace(/\/$/, ""), publicCertificate });
}

interface Registration {
  readonly token: string;
  readonly expiresAt: number;
  /** By what the host knows the certificate of the control plane's own authority, if it has one. */
  readonly authoritySha256?: string;
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
  { token, expiresAt, authoritySha256 }: Registration,
  { name, url, publicCertificate }: { name: string; url: string; publicCertificate: boolean },
): string {
  const isLocal = /^https?:\/\/(127\.|localhost|\[::1\])/.test(url);
  const isPlain = url.startsWith("http:") && !isLocal;
  const authority = url.startsWith("https:") && !publicCertificate ? authoritySha256 : undefined;
  const [fetched, trusted, told] = authority === undefined ? ["", "", ""] : trust(url, authority);
  return `"${name}" is registered. On its host, as root, before ${new Date(expiresAt).toISOString()}:

  ${fetched}curl -fsSL ${trusted}${url}/hosts/setup | sh -s -- --url ${url} --token ${token}${told}
${isLocal ? "\nOnly this machine reaches that address. For another host, name one that it reaches with --url.\n" : ""}${isPlain ? "\nThis address has no TLS: whoever listens on the way learns the host's key. Start Sluice with --tls, or put a TLS proxy in front of it.\n" : ""}`;
}

/** What the host is told of an authority that nobody knows yet: it fetches the certificate from whoever answers, and goes on only if it is this one. */
const trust = (url: string, sha256: string) => [
  `ca=$(mktemp) && curl -fsSk -o $ca ${url}/hosts/authority.pem && echo "${sha256}  $ca" | sha256sum -c && `,
  "--cacert $ca ",
  " --ca $ca",
];
