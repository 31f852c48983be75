export { type Configuration, readConfiguration } from "./config.ts";
export { runHostAgent, type HostAgentOptions } from "./host-agent.ts";
export { AgentLog } from "./agent-log.ts";
