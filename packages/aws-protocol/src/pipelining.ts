import type { RequestListener } from "node:http";
import type { Socket } from "node:net";

/** How many requests of one connection may wait for their answers: clients of AWS's send one at a time, and browsers, too. */
const unansweredMax = 32;

interface Asked {
  unanswered: number;
  /** The turn of the event loop in which the last request came. */
  turn: number;
}

/**
 * Keeps connections that send request after request, and wait for no answer, from being all that is served. Node takes
 * whatever a connection has sent, megabytes of the smallest requests, before it looks at another one. So with a second request
 * in one turn of the event loop a connection is heard no more before the next turn, and with far too many it is ended.
 */
export function withoutFloods(listener: RequestListener): RequestListener {
  const connections = new WeakMap<Socket, Asked>();
  let turn = 0;
  let isCounted = false;
  return (message, response) => {
    const { socket } = message;
    if (socket.destroyed) return; // the rest of what came with one too many
    if (!isCounted) {
      isCounted = true;
      setImmediate(() => {
        isCounted = false;
        turn += 1;
      });
    }
    const asked = connections.get(socket) ?? { unanswered: 0, turn: -1 };
    connections.set(socket, asked);
    if (asked.unanswered === unansweredMax) return void socket.destroy();
    if (asked.turn === turn && !socket.isPaused()) {
      socket.pause();
      setImmediate(() => socket.resume());
    }
    asked.turn = turn;
    asked.unanswered += 1;
    response.once("close", () => (asked.unanswered -= 1));
    listener(message, response);
  };
}
