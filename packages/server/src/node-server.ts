import type { IncomingMessage, RequestListener, Server } from "node:http";
import {
  type AccessKey,
  type AccessKeys,
  createFrontDoor,
  createFrontDoorServer,
  hostNames,
  type HttpsOptions,
} from "@sluice/aws-protocol";
import type { Logger } from "pino";
import { type Acting, type ActingParts, openActing, startActing } from "./acting.ts";
import { withHealth } from "./health.ts";
import { closeListener, listen, replaceCertificate } from "./listening.ts";
import { BaseMaker } from "./nodes/bases.ts";
import { compareClocks } from "./nodes/compare-clocks.ts";
import { FollowWriter } from "./nodes/follow-writer.ts";
import type { House } from "./nodes/house.ts";
import type { Journal } from "./nodes/journal.ts";
import { isOnLoopback, requireSafeWay } from "./nodes/node-address.ts";
import { Node, type Role, type Writing } from "./nodes/node.ts";
import { passConnectionsOn, passRequestsOn } from "./nodes/pass-on.ts";
import { AnswerPeers, type WriterSide } from "./nodes/peers/answer-peers.ts";
import type { AskWriter } from "./nodes/peers/ask-writer.ts";
import type { Replica } from "./nodes/replica.ts";
import { ReportRole } from "./nodes/report-role.ts";
import { SharedServices } from "./nodes/shared-services.ts";
import { currentSchema } from "./nodes/tables.ts";
import type { Term } from "./nodes/term.ts";
import { realTiming } from "./nodes/timing.ts";
import { TroubleLog } from "./nodes/trouble-log.ts";
import { answersOf, KeptFirst } from "./nodes/writing.ts";
import { openSigner } from "./specification/signer.ts";
import type { NodeOptions } from "./node-options.ts";
import type { Database } from "./store/database.ts";
import type { ScriptLogs } from "./store/script-logs.ts";

/** How long a node that ends goes on to pass requests to the next writer, in milliseconds. */
const lingerMilliseconds = 1_000;

/** How long an unknown key is waited for, in milliseconds: the replica may be behind the writer. */
const newKeyMilliseconds = 1_000;

/** What a node stands on. */
export interface NodeServerParts {
  readonly journal: Journal;
  readonly house: House;
  readonly log: Logger;
  readonly onDefect: (error: unknown, about: string) => void;
  /** What scripts have printed while this node wrote: each node has its own. */
  readonly scriptLogs: ScriptLogs;
  /** The replica to begin with. */
  readonly replica: Replica;
}

/** A node with its port: what comes in goes to the node that writes, and that one's control plane is here while it is this one. */
export class NodeServer {
  readonly #options: NodeOptions;
  readonly #parts: NodeServerParts;
  readonly #services = new SharedServices(realTiming);
  readonly #peers: AnswerPeers;
  readonly #following: FollowWriter;
  readonly #actingParts: ActingParts;
  readonly #tls: ReturnType<NodeOptions["certificate"]>;
  readonly #reports: ReportRole;
  readonly #trouble: TroubleLog;
  readonly #server: Server;
  readonly #own = { url: "" };
  #address = "";
  #node: Node | undefined;
  #acting: Acting;
  #answering: WriterSide | undefined;
  #fallback: RequestListener | undefined;
  #isEnding = false;
  port = 0;

  constructor(options: NodeOptions, parts: NodeServerParts) {
    const { house, log, onDefect, replica, scriptLogs } = parts;
    this.#options = options;
    this.#parts = parts;
    this.#trouble = new TroubleLog(log, realTiming);
    this.#tls = options.certificate();
    this.#peers = new AnswerPeers({ key: house.peerKey, answering: () => this.#answering, onDefect });
    this.#following = new FollowWriter({
      key: house.peerKey,
      authority: this.#tls?.authority,
      isInsecure: options.insecureNodes,
      onEntry: (entry) => this.#node?.hear(entry),
      onConnection: (writer) => this.#connected(writer),
      onTrouble: this.#trouble.warn,
    });
    this.#reports = new ReportRole({ ...options, journal: parts.journal, onTrouble: this.#trouble.warn });
    this.#actingParts = {
      ...{ options, house, scriptLogs, log, onDefect, own: this.#own, authority: this.#tls?.authority },
      signer: openSigner(options.dataFolder, options.clock),
    };
    this.#acting = openActing(replica.forReading(), this.#actingParts);
    this.#server = this.#openServer();
  }

  /** Uses another certificate for the handshakes that come. */
  replaceCertificate(tls: HttpsOptions): void {
    replaceCertificate(this.#server, tls);
  }

  get url(): string {
    return this.#own.url;
  }

  async listen(): Promise<void> {
    const { options, parts } = { options: this.#options, parts: this.#parts };
    if (options.advertise !== undefined) requireSafeWay(options.advertise, options.insecureNodes);
    this.port = await listen(this.#server, options);
    this.#own.url = `${this.#tls?.isRequired === true ? "https" : "http"}://${options.hostname}:${this.port}`;
    this.#address = options.advertise ?? this.#between();
    requireSafeWay(this.#address, options.insecureNodes);
    const { journal, house, replica } = parts;
    const bases = new BaseMaker({ journal, house, onTrouble: this.#trouble.warn });
    const me = { node: new URL(this.#address).host, address: this.#address };
    let first: Replica | undefined = replica;
    this.#node = new Node({
      journal,
      chain: house.chain,
      timing: realTiming,
      me,
      schema: currentSchema,
      openReplica: async () => {
        const opened = first ?? (await house.openReplica());
        first = undefined;
        return opened;
      },
      discardReplica: (torn) => house.discardReplica(torn),
      openTerm: (term, database) => this.#open(term, database),
      onRole: (role) => this.#play(role),
      onLease: (lease) => {
        if (this.node.role.kind === "follows" && lease?.address !== this.#address) this.#following.see(lease);
      },
      onKept: (entry) => {
        this.#peers.tell(entry);
        bases.grown(entry);
      },
      onTrouble: this.#trouble.warn,
    });
    this.#node.start();
    this.#reports.start(me);
  }

  /** Lets another node write, passes on what still comes, and ends. */
  async close(): Promise<void> {
    await this.#reports.close();
    const wrote = this.#node?.role.kind === "writes";
    await this.#node?.handOver();
    // Requests that are under way are answered by the next writer, if there is one.
    if (wrote) await realTiming.sleep(lingerMilliseconds);
    this.#isEnding = true;
    this.#services.end();
    this.#peers.close();
    await closeListener(this.#server);
    await this.#node?.close();
    this.#following.leave();
    this.#parts.scriptLogs.close();
    await this.#parts.journal.close();
  }

  /** Where other nodes reach this one if nobody says otherwise: with TLS where the way leads out of this machine. */
  #between(): string {
    const { url } = this.#own;
    return this.#tls === undefined || isOnLoopback(url) ? url : url.replace(/^http:/, "https:");
  }

  #openServer(): Server {
    const { clock, hostNames: names = [] } = this.#options;
    const { log } = this.#parts;
    const transport = { isBehindProxy: this.#options.console?.isBehindProxy ?? false, port: () => this.port };
    const keys: AccessKeys = { find: (id) => this.#findKey(id) };
    const toWriter = passRequestsOn(() => this.#otherAddress(), { ...transport, authority: this.#tls?.authority });
    const fallback: RequestListener = (request, response) => (this.#fallback ?? toWriter)(request, response);
    const door = createFrontDoor({
      services: this.#acting.controlPlane.services.map((service) => this.#services.shared(service)),
      keys,
      clock,
      log: (line) => log.info(line, "request"),
      isOwnHost: hostNames(names),
      fallback: withHealth(fallback, () => !this.#isEnding && this.#services.way !== undefined),
      isEnding: () => this.#isEnding,
    });
    const server = createFrontDoorServer(door, this.#tls);
    passConnectionsOn(
      server,
      () => (this.#node?.role.kind === "passes on" ? (this.#otherAddress() ?? "") : undefined),
      transport,
    );
    // Others who ask for an upgrade, as some clients of HTTP/2 do, are answered as if they had not.
    Object.assign(server, {
      shouldUpgradeCallback: (request: IncomingMessage) => AnswerPeers.isAskedFor(request),
    });
    server.on("upgrade", (request, socket, first) => this.#peers.accept(request, socket, first));
    return server;
  }

  async #open(term: Term, database: Database): Promise<Writing> {
    const { log, journal } = this.#parts;
    const keptFirst = new KeptFirst(term, database, realTiming);
    const acting = openActing(database, this.#actingParts, keptFirst.beforeCalls);
    const { controlPlane } = acting;
    await controlPlane.takeOver();
    const here = answersOf(term, keptFirst, controlPlane.services);
    const { node } = this;
    const active = startActing(acting, this.#actingParts, { here, port: this.port });
    this.#acting = acting;
    this.#fallback = active.fallback;
    this.#answering = {
      keys: controlPlane.keys,
      service: (name) => controlPlane.services.find((service) => service.name === name),
      get position() {
        return node.role.kind === "begins" ? { sequence: 0, digest: "" } : node.role.replica.position;
      },
      serve: (service, request) => here.serve(service.name, request),
    };
    this.#services.lead(here);
    log.warn({ term: term.number }, "this node writes from now on");
    void compareClocks(journal, this.#options.clock, log);
    void term.over.then(() => this.#stopAnswering(here));
    return {
      stop: async () => {
        this.#stopAnswering(here);
        await active.stop();
      },
    };
  }

  #stopAnswering(here: ReturnType<typeof answersOf>): void {
    here.stop();
    if (this.#services.way === here) this.#services.lead(undefined);
    this.#answering = undefined;
    this.#fallback = undefined;
  }

  get node(): Node {
    if (this.#node === undefined) throw new Error("This node does not listen yet");
    return this.#node;
  }

  #play(role: Role): void {
    const before = this.#reports.change(role);
    if (role.kind === "follows" && before === "takes up") this.#parts.log.warn("this node follows from now on");
    if (role.kind === "writes" || role.kind === "takes up") this.#following.leave();
    if (role.kind !== "follows" && role.kind !== "passes on") return;
    if (role.kind === "passes on") this.#server.closeAllConnections();
    else this.#acting = openActing(role.replica.forReading(), this.#actingParts);
    this.#peers.leave();
  }

  #connected(writer: AskWriter | undefined): void {
    const { node } = this;
    node.isTold = writer !== undefined;
    if (node.role.kind === "follows") this.#services.lead(writer);
    node.wake();
  }

  /** The address of the node that writes, when it is another. */
  #otherAddress(): string | undefined {
    const role = this.#node?.role;
    const lease = role?.kind === "follows" || role?.kind === "passes on" ? role.lease : undefined;
    return lease === undefined || lease.isOver || lease.address === this.#address ? undefined : lease.address;
  }

  async #findKey(accessKeyId: string): Promise<AccessKey | undefined> {
    const found = await this.#acting.controlPlane.keys.find(accessKeyId);
    const { way } = this.#services;
    if (found !== undefined || way === undefined || !("ask" in way)) return found;
    // It may have been made a moment ago, at another node.
    const sequence = await way.position().catch(() => 0);
    if (sequence > 0) await this.node.reached(sequence, newKeyMilliseconds);
    return this.#acting.controlPlane.keys.find(accessKeyId);
  }
}
