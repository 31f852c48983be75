import type { Configuration } from "../config.ts";
import type { Identity } from "../identity/identity.ts";
import type { SignedRequests } from "../protocol/signed-requests.ts";
import type { Trust } from "../protocol/signed-content.ts";
import type { SpareShell } from "../scripts/spare-shell.ts";

/** What executing a command needs of the agent around it. */
export interface AgentContext {
  readonly configuration: Configuration;
  readonly identity: Identity;
  readonly requests: SignedRequests;
  readonly environment: NodeJS.ProcessEnv;
  /** Whose specifications it carries out. */
  readonly trust: Trust;
  readonly log: (line: string) => void;
  /** Undefined when scripts are started one at a time, without a shell in reserve. */
  readonly spareShell?: SpareShell | undefined;
}
