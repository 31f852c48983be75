// Bare node:http in a process of its own: what a server on this machine can answer at most. With the argument `hold` it never answers.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const answer = JSON.stringify({ answer: "a".repeat(100) });
const holds = process.argv[2] === "hold";
const server = createServer({ requestTimeout: 0 }, (incoming, response) => {
  if (holds) return;
  incoming
    .resume()
    .on("end", () => response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(answer));
});
server.listen(
  { port: 0, host: "127.0.0.1", backlog: 1024 },
  () => process.send?.((server.address() as AddressInfo).port), // it listens on TCP
);
