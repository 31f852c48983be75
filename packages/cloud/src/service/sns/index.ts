import { defineService, Fault, type Service, serviceModel } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import { Records } from "../../store/records.ts";
import { snsAccesses } from "./accesses.ts";
import type { SnsContext } from "./context.ts";
import { Deliveries } from "./delivery.ts";
import type { SubscriptionRecord, TopicRecord } from "./records.ts";
import { subscriptionOperations } from "./subscriptions.ts";
import { publish, topicOperations } from "./topics.ts";

export interface SnsOptions {
  readonly db: CloudDatabase;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  /** The port of all services, once it is known. */
  readonly port: () => number;
  /** Called with a line about messages that could not be delivered. */
  readonly note: (line: string) => void;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** SNS as the rest of the cloud sees it. */
export interface Sns {
  readonly services: readonly Service[];
  /** Publishes to a topic; a failure is nobody's to handle. */
  publish(topicArn: string, notice: { readonly subject: string; readonly message: string }): void;
  close(): void;
}

/** The host name of links in messages. */
const linksHost = "sns.localhost";

/** Opens SNS: topics whose messages go to HTTP endpoints of this machine. */
export function openSns({ db, port, note, onDefect, ...common }: SnsOptions): Sns {
  const deliveries = new Deliveries(note);
  const context: SnsContext = {
    ...common,
    topics: new Records<TopicRecord>(db, "topic"),
    subscriptions: new Records<SubscriptionRecord>(db, "subscription"),
    deliveries,
    linksUrl: () => `http://${linksHost}:${port()}/`,
  };
  const service = defineService({
    name: "sns",
    model: serviceModel("sns"),
    signingNames: ["sns"],
    operations: { ...topicOperations, ...subscriptionOperations },
    context,
    accesses: snsAccesses(context),
    onDefect,
  });
  return {
    services: [links(service), service],
    publish: (topicArn, { subject, message }) => {
      if (context.topics.find(topicArn) !== undefined) publish(context, topicArn, { subject, message });
    },
    close: () => deliveries.close(),
  };
}

/** The service that links in messages lead to. A link is its own permission: it needs no key. */
function links(service: Service): Service {
  const { version: _, ...rest } = service;
  return {
    ...rest,
    name: "sns-links",
    signingNames: [],
    targetPrefixes: [],
    servesHost: (host) => host.replace(/:\d+$/, "").toLowerCase() === linksHost,
    serve: async (request) => {
      const isLink = ["ConfirmSubscription", "Unsubscribe"].includes(request.query.get("Action") ?? "");
      if (request.method === "GET" && isLink) return service.serve(request);
      const { requestId } = request.call;
      const fault = new Fault("AuthorizationError", "Only links from messages lead here", { status: 403 });
      return service.refuse(fault, { requestId, headers: request.headers, path: request.path });
    },
  };
}
