import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../random.ts";
import type { Ec2Context, Ec2Operations } from "./context.ts";
import { type KeptTag, matching } from "./filters.ts";
import type { KeyPair } from "./key-pair.ts";
import { tagsFor } from "./tags/resource-tags.ts";

/** Operations on key pairs. */
export const keyPairOperations: Ec2Operations = {
  CreateKeyPair(context, { KeyName, TagSpecifications }) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const der = privateKey.export({ type: "pkcs8", format: "der" });
    const pair = keep(context, {
      name: KeyName,
      fingerprint: fingerprintOf("sha1", der),
      tags: tagsFor("key-pair", TagSpecifications),
    });
    return { ...described(pair), KeyMaterial: privateKey.export({ type: "pkcs1", format: "pem" }).trim() };
  },

  ImportKeyPair(context, { KeyName, PublicKeyMaterial, TagSpecifications }) {
    const fingerprint = fingerprintOf("md5", publicKeyOf(Buffer.from(PublicKeyMaterial ?? []).toString("utf8")));
    return described(keep(context, { name: KeyName, fingerprint, tags: tagsFor("key-pair", TagSpecifications) }));
  },

  // As on AWS, deleting what does not exist succeeds.
  DeleteKeyPair({ keyPairs }, { KeyName, KeyPairId }) {
    const found = keyPairs.all().find(({ id, name }) => id === KeyPairId || name === KeyName);
    if (found !== undefined) keyPairs.delete(found.id);
    return { Return: true, KeyPairId: found?.id };
  },

  DescribeKeyPairs({ keyPairs }, { KeyNames = [], KeyPairIds = [], Filters = [] }) {
    const all = keyPairs.all();
    const unknown = KeyNames.find((name) => all.every((pair) => pair.name !== name));
    if (unknown !== undefined) throw new Fault("InvalidKeyPair.NotFound", `The key pair '${unknown}' does not exist`);
    const fields = { "key-name": ({ name }: KeyPair) => [name], "key-pair-id": ({ id }: KeyPair) => [id] };
    const found = matching(all, Filters, { fields, tagsOf: ({ tags }) => tags }).filter(
      ({ id, name }) =>
        (KeyNames.length === 0 || KeyNames.includes(name)) && (KeyPairIds.length === 0 || KeyPairIds.includes(id)),
    );
    return {
      KeyPairs: found.map((pair) => ({ ...described(pair), KeyType: pair.type, CreateTime: new Date(pair.createdAt) })),
    };
  },
};

function keep(
  { keyPairs, clock }: Ec2Context,
  { name = "", fingerprint, tags }: { name: string | undefined; fingerprint: string; tags: readonly KeptTag[] },
): KeyPair {
  if (name === "" || name.length > 255)
    throw new Fault("InvalidParameterValue", "A key name must have 1 to 255 characters");
  if (keyPairs.named(name).length > 0)
    throw new Fault("InvalidKeyPair.Duplicate", `The keypair already exists: '${name}'`);
  const pair: KeyPair = { id: `key-0${randomHex(8)}`, name, fingerprint, type: "rsa", createdAt: clock(), tags };
  keyPairs.put(pair.id, pair);
  return pair;
}

function publicKeyOf(text: string): Buffer {
  const body = /^ssh-\S+ ([A-Za-z0-9+/=]+)/.exec(text)?.[1];
  if (body !== undefined) return Buffer.from(body, "base64");
  try {
    return createPublicKey(text).export({ type: "spki", format: "der" });
  } catch (cause) {
    throw new Fault("InvalidKey.Format", "Key is not in valid OpenSSH public key format", { cause });
  }
}

const fingerprintOf = (algorithm: "sha1" | "md5", bytes: Uint8Array) =>
  (createHash(algorithm).update(bytes).digest("hex").match(/../g) ?? []).join(":");

const described = ({ id, name, fingerprint, tags }: KeyPair) => ({
  KeyPairId: id,
  KeyName: name,
  KeyFingerprint: fingerprint,
  Tags: [...tags],
});
