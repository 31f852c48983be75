/** The parts of node:http that are used. An `import` evaluates all of its exports: for WebSocket Node loads undici, which takes as long as its own start (docs/decisions/014). */
export const { createServer, get, request, Server, STATUS_CODES } = process.getBuiltinModule("node:http");
