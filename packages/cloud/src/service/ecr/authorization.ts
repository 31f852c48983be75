import { Fault } from "@sluice/aws-protocol";
import type { EcrOperations } from "./context.ts";
import { tokenMilliseconds, tokenUser } from "./registry-tokens.ts";

/** The operation that gives the registry's passwords. */
export const authorizationOperations: EcrOperations = {
  GetAuthorizationToken({ tokens, clock, accountId, keyExpiresAt, call }, { registryIds = [accountId] }) {
    if (registryIds.some((id) => id !== accountId))
      throw new Fault("InvalidParameterException", `There is one registry here, and its id is '${accountId}'`);
    // A session's password ends with the session: nothing that was lent for an hour is good for twelve.
    const expiresAt = Math.min(clock() + tokenMilliseconds, keyExpiresAt(call.accessKeyId) ?? Number.POSITIVE_INFINITY);
    const password = tokens.passwordFor(call.accessKeyId, expiresAt);
    return {
      authorizationData: [
        {
          authorizationToken: Buffer.from(`${tokenUser}:${password}`).toString("base64"),
          expiresAt: new Date(expiresAt),
          proxyEndpoint: call.endpoint,
        },
      ],
    };
  },
};
