/** What is used of node:http. An `import` would ask for all that it has, WebSocket, too: for that, Node loads undici, which takes as long as Node's own start (docs/decisions/014). */
export const { createServer, get, request, Server, STATUS_CODES } = process.getBuiltinModule("node:http");
