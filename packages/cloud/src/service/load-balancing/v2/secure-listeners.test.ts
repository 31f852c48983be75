import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { type Agent, request as openRequest } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import {
  AddListenerCertificatesCommand,
  CreateListenerCommand,
  DescribeListenerCertificatesCommand,
  ModifyListenerCommand,
  RemoveListenerCertificatesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  DeleteServerCertificateCommand,
  GetServerCertificateCommand,
  IAMClient,
  ListServerCertificatesCommand,
  UploadServerCertificateCommand,
} from "@aws-sdk/client-iam";
import { type LocalCloud, openLocalCloud } from "../../../../test/local-cloud.ts";
import { whyMissing } from "../../../../../../test/support/why-missing.ts";
import { type Balanced, freePort, openBackend, openBalanced } from "../../../../test/targets.ts";
import { makeCertificate } from "../../../tls/certificate.ts";

const managed = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";
const noHaproxy = await whyMissing("haproxy");
const day = 86_400_000;

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Asks over HTTPS, and believes whom the caller says. */
async function ask(url: string, options: { ca: string; servername: string; agent?: Agent }): Promise<Answer> {
  const asked = openRequest(url, { ...options, headers: { connection: "close" } }).end();
  const [answer] = (await once(asked, "response")) as [import("node:http").IncomingMessage]; // what a request emits
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

/** A certificate that vouches for itself, as somebody might bring one. */
function selfMade(host: string): { readonly cert: string; readonly key: string; readonly privateKey: KeyObject } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const cert = makeCertificate({
    ...{ subject: host, hosts: [host], issuer: { subject: host, privateKey }, key: privateKey },
    ...{ from: Date.now() - day, until: Date.now() + 30 * day },
  });
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }), privateKey };
}

function openIam(t: TestContext, cloud: LocalCloud): IAMClient {
  const iam = new IAMClient(cloud.client);
  t.after(() => iam.destroy());
  return iam;
}

async function upload(iam: IAMClient, host: string) {
  const made = selfMade(host);
  const { ServerCertificateMetadata } = await iam.send(
    new UploadServerCertificateCommand({
      ServerCertificateName: host,
      CertificateBody: made.cert,
      PrivateKey: made.key,
    }),
  );
  return { ...made, arn: ServerCertificateMetadata?.Arn ?? "" };
}

async function listen(balanced: Balanced, certificate: string, fields: { readonly Protocol?: "HTTPS" | "TLS" } = {}) {
  const port = await freePort();
  const { Listeners } = await balanced.elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: balanced.loadBalancer,
      Protocol: "HTTPS",
      Port: port,
      Certificates: [{ CertificateArn: certificate }],
      DefaultActions: [{ Type: "forward", TargetGroupArn: balanced.group }],
      ...fields,
    }),
  );
  return { port, listener: Listeners?.[0] };
}

test("HTTP is sent to HTTPS, which ends at the load balancer, and the target is told", (t) => redirects(t, "builtin"));

test("HAProxy does the same", { skip: noHaproxy }, (t) => redirects(t, "haproxy"));

async function redirects(t: TestContext, loadBalancer: "builtin" | "haproxy"): Promise<void> {
  const cloud = await openLocalCloud(t, { loadBalancer });
  const backend = await openBackend(t, ({ headers }, response) => response.end(JSON.stringify(headers)));
  const balanced = await openBalanced(t, cloud);
  const { port, listener } = await listen(balanced, managed);
  await balanced.join(backend);
  const RedirectConfig = { Protocol: "HTTPS", Port: String(port), StatusCode: "HTTP_301" } as const;
  await balanced.elb.send(
    new ModifyListenerCommand({
      ListenerArn: balanced.listener,
      DefaultActions: [{ Type: "redirect", RedirectConfig }],
    }),
  );

  const moved = await fetch(`${balanced.url}a?b=c`, { redirect: "manual" });
  const location = moved.headers.get("location") ?? "";
  const ca = readFileSync(join(cloud.folder, "cloud/authority.crt"), "utf8");
  const { status, body } = await ask(location, { ca, servername: balanced.hostname });
  const headers = JSON.parse(body) as Record<string, string>; // written above

  assert.equal(location, `https://127.0.0.1:${port}/a?b=c`);
  assert.equal(status, 200);
  assert.equal(headers["x-forwarded-proto"], "https");
  assert.equal(headers["x-forwarded-port"], String(port));
  assert.equal(headers["x-forwarded-for"], "127.0.0.1");
  assert.equal(listener?.SslPolicy, "ELBSecurityPolicy-2016-08");
  assert.deepEqual(listener?.Certificates, [{ CertificateArn: managed }]);
}

test("a client gets the certificate of the name that it asks for, and the default one otherwise", async (t) => {
  const cloud = await openLocalCloud(t);
  const iam = openIam(t, cloud);
  const backend = await openBackend(t, (_, response) => response.end("hello"));
  const balanced = await openBalanced(t, cloud);
  const [shop, blog] = [await upload(iam, "shop.example"), await upload(iam, "blog.example")];
  const { port, listener: { ListenerArn } = {} } = await listen(balanced, shop.arn);
  await balanced.join(backend);
  const seen = async (servername: string) => {
    const socket = connect({ port, host: "127.0.0.1", servername, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  };

  assert.equal(await seen("blog.example"), "shop.example");
  const Certificates = [{ CertificateArn: blog.arn }];
  await balanced.elb.send(new AddListenerCertificatesCommand({ ListenerArn, Certificates }));

  assert.equal(await seen("blog.example"), "blog.example");
  assert.equal(await seen("other.example"), "shop.example");
  const answer = await ask(`https://127.0.0.1:${port}/`, { ca: blog.cert, servername: "blog.example" });
  assert.equal(answer.body, "hello");
  const listed = await balanced.elb.send(new DescribeListenerCertificatesCommand({ ListenerArn }));
  assert.deepEqual(
    listed.Certificates?.map(({ CertificateArn, IsDefault }) => [CertificateArn, IsDefault]),
    [
      [shop.arn, true],
      [blog.arn, false],
    ],
  );
  await balanced.elb.send(new RemoveListenerCertificatesCommand({ ListenerArn, Certificates }));
  assert.equal(await seen("blog.example"), "shop.example");

  const again = await cloud.restart();
  assert.equal((await ask(`https://127.0.0.1:${port}/`, { ca: shop.cert, servername: "shop.example" })).body, "hello");
  assert.equal(again.folder, cloud.folder);
});

test("a network load balancer ends TLS, too, and what speaks none is let go", async (t) => {
  const cloud = await openLocalCloud(t);
  const server = createServer((socket) => socket.on("error", () => socket.destroy()).pipe(socket)).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  t.after(() => server.close());
  const target = { Id: "127.0.0.1", Port: (server.address() as AddressInfo).port }; // it listens on TCP
  const balanced = await openBalanced(t, cloud, { type: "network" });
  const { port } = await listen(balanced, managed, { Protocol: "TLS" });
  await balanced.join({ target });
  const ca = readFileSync(join(cloud.folder, "cloud/authority.crt"), "utf8");

  const socket: TLSSocket = connect({ port, host: "127.0.0.1", servername: "localhost", ca });
  socket.write("hello");
  const [echo] = (await once(socket, "data")) as [Buffer]; // no encoding is set
  socket.destroy();

  assert.equal(echo.toString(), "hello");
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
});

test("a private key is told to nobody, and only its user may read it", async (t) => {
  const cloud = await openLocalCloud(t);
  const iam = openIam(t, cloud);
  const { key, cert } = await upload(iam, "shop.example");
  const secret = key.split("\n")[1] ?? "";

  const shown = await iam.send(new GetServerCertificateCommand({ ServerCertificateName: "shop.example" }));
  const listed = await iam.send(new ListServerCertificatesCommand({}));

  assert.equal(shown.ServerCertificate?.CertificateBody?.trim(), cert.trim());
  assert(!JSON.stringify([shown, listed]).includes(secret));
  const folder = join(cloud.folder, "cloud/certificates");
  const [file = ""] = readdirSync(folder);
  assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  await iam.send(new DeleteServerCertificateCommand({ ServerCertificateName: "shop.example" }));
  assert.deepEqual(readdirSync(folder), []);
});

test("certificates that cannot serve are refused in AWS's words", async (t) => {
  const cloud = await openLocalCloud(t);
  const iam = openIam(t, cloud);
  const balanced = await openBalanced(t, cloud);
  const [one, other] = [selfMade("one.example"), selfMade("other.example")];
  const bring = (CertificateBody: string, PrivateKey: string) =>
    iam.send(new UploadServerCertificateCommand({ ServerCertificateName: "one", CertificateBody, PrivateKey }));

  await assert.rejects(bring(one.cert, other.key), { name: "KeyPairMismatchException" });
  await assert.rejects(bring("hello", one.key), { name: "MalformedCertificateException" });
  const weak = generateKeyPairSync("rsa", { modulusLength: 512 }).privateKey;
  const short = makeCertificate({
    ...{ subject: "one.example", hosts: ["one.example"], issuer: { subject: "one", privateKey: one.privateKey } },
    ...{ key: weak, from: Date.now() - day, until: Date.now() + day },
  });
  await assert.rejects(bring(short, weak.export({ type: "pkcs8", format: "pem" })), {
    name: "MalformedCertificateException",
  });
  await assert.rejects(bring(one.cert, "hello"), { name: "MalformedCertificateException" });
  const unknown = "arn:aws:iam::123456789012:server-certificate/none";
  await assert.rejects(listen(balanced, unknown), { name: "CertificateNotFoundException" });
  await assert.rejects(
    balanced.elb.send(new ModifyListenerCommand({ ListenerArn: balanced.listener, Protocol: "HTTPS" })),
    { name: "ValidationError" },
  );
});
