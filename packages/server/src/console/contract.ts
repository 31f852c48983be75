// What the console's pages and the server say to each other, in types alone: every path below `/console`, and the JSON
// of its answers. The pages import this file as a type; the server's answers are checked against it by the compiler.
export type * from "./contract/actions.ts";
export type * from "./contract/answers.ts";
export type * from "./contract/cloud.ts";
export type * from "./contract/deployments.ts";
export type * from "./contract/explain.ts";
export type * from "./contract/fleet.ts";
export type * from "./contract/paths.ts";
export type * from "./contract/sessions.ts";
export type * from "./contract/stream.ts";
