// Every figure that the product promises.
import { agentMemory } from "./agent-memory.ts";
import { consoleReaders } from "./console-readers.ts";
import { eventLatency } from "./event-latency.ts";
import { fiftyInstances } from "./fifty-instances.ts";
import { functions } from "./functions.ts";
import { functionTraffic } from "./function-traffic.ts";
import { heldPolls } from "./held-polls.ts";
import { loadBalancer } from "./load-balancer.ts";
import { listDeployments } from "./list-deployments.ts";
import { millionDeployments } from "./million-deployments.ts";
import { pushImage } from "./push-image.ts";
import { serviceTraffic } from "./service-traffic.ts";
import { signedRequests } from "./signed-requests.ts";
import { simulatedAgents } from "./simulated-agents.ts";
import { localDeployment } from "./local-deployment.ts";
import { start } from "./start.ts";
import { tasks } from "./tasks.ts";
import { traffic } from "./traffic.ts";

export const benches = {
  "from a command to its hook": eventLatency,
  "start to ready, and to the example deployed": start,
  "signed, durable requests beside bare node:http": signedRequests,
  "a thousand simulated agents": simulatedAgents,
  "an idle agent's memory": agentMemory,
  "fifty instances in an Auto Scaling group": fiftyInstances,
  "what a load balancer leaves of throughput": loadBalancer,
  "a local deployment, without a control plane": localDeployment,
  "functions: the first call and the later ones": functions,
  "an alias's weight, and the minutes at which its traffic shifts": functionTraffic,
  "what a held poll costs": heldPolls,
  "what traffic events add to a target group's own times": traffic,
  "a page of a long list": listDeployments,
  "the console: ten thousand targets, and fifty readers": consoleReaders,
  "a store of a million deployments": millionDeployments,
  "pushing a layer of an image": pushImage,
  "tasks of an image that is unpacked": tasks,
  "a service's weight, its minutes, and what is lost while its traffic moves": serviceTraffic,
};
