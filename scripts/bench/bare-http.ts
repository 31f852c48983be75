import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const measuredMilliseconds = 3_000;
/** Bytes of headers beside the usual ones: about what a signature takes. */
const signatureBytes = 400;
const body = "{}";

/** Requests a second that bare node:http answers over this many connections, each of which asks again as soon as it is answered. */
export async function bareRequestsPerSecond(connections: number): Promise<number> {
  const child = fork(join(import.meta.dirname, "bare-server.ts"));
  try {
    const [port] = (await once(child, "message")) as [number]; // sent by that program
    const request = Buffer.from(
      `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${"a".repeat(signatureBytes)}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    let answered = 0;
    const sockets = Array.from({ length: connections }, () => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      socket.on("data", () => {
        answered++;
        socket.write(request);
      });
      socket.write(request);
      return socket;
    });
    await pause(measuredMilliseconds / 3); // what runs for the first time is not compiled yet
    const [before, started] = [answered, performance.now()];
    await pause(measuredMilliseconds);
    const rate = (answered - before) / ((performance.now() - started) / 1000);
    for (const socket of sockets) socket.destroy();
    return rate;
  } finally {
    child.kill();
  }
}
