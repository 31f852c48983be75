// Bare node:http in a process of its own: what a server on this machine can answer at most.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const answer = JSON.stringify({ answer: "a".repeat(100) });
const server = createServer((incoming, response) => {
  incoming
    .resume()
    .on("end", () => response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(answer));
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port)); // it listens on TCP
