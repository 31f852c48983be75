import type { RequestListener } from "node:http";
import type { Socket } from "node:net";

/** How many requests of one connection may wait for their responses: AWS's clients, and browsers, send one at a time. */
const pipelinedMax = 32;

interface Pipeline {
  waiting: number;
  /** The turn of the event loop in which the last request came. */
  turn: number;
}

/**
 * Keeps a connection that pipelines without end from starving the others. Node reads whatever a connection has sent,
 * megabytes of the smallest requests, before it looks at another one. So after the second request in one turn of the event
 * loop a connection is paused until the next turn, and beyond `pipelinedMax` it is closed.
 */
export function limitPipelining(listener: RequestListener): RequestListener {
  const pipelines = new WeakMap<Socket, Pipeline>();
  let turn = 0;
  let isTurnCounted = false;
  return (message, response) => {
    const { socket } = message;
    if (socket.destroyed) return; // the rest of what came with one request too many
    if (!isTurnCounted) {
      isTurnCounted = true;
      setImmediate(() => {
        isTurnCounted = false;
        turn += 1;
      });
    }
    const pipeline = pipelines.get(socket) ?? { waiting: 0, turn: -1 };
    pipelines.set(socket, pipeline);
    if (pipeline.waiting === pipelinedMax) return void socket.destroy();
    if (pipeline.turn === turn && !socket.isPaused()) {
      socket.pause();
      setImmediate(() => socket.resume());
    }
    pipeline.turn = turn;
    pipeline.waiting += 1;
    response.once("close", () => (pipeline.waiting -= 1));
    listener(message, response);
  };
}
