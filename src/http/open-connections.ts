/**
 * Connections of a server that closes. Node no longer looks at its timeouts then: one that never sent a whole request
 * would hold up the end for as long as its caller likes.
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** Each with its latest response; null: nothing was asked yet. */
type Connections = Map<Socket, ServerResponse | null>;

/**
 * Once the server closes, ends connections that have no answer to wait for.
 *
 * @param afterMs what is left to requests that are arriving
 */
export function endWaitingConnections(app: FastifyInstance, afterMs: number): void {
  const connections: Connections = new Map();
  app.server.on("connection", (socket: Socket) => {
    connections.set(socket, null);
    socket.once("close", () => connections.delete(socket));
  });
  app.server.on("request", (request, response) => connections.set(request.socket, response));
  let timer: NodeJS.Timeout | undefined;
  app.addHook("preClose", (done) => {
    timer = setTimeout(endWaiting, afterMs, connections);
    done();
  });
  app.addHook("onClose", (_, done) => {
    clearTimeout(timer);
    done();
  });
}

function endWaiting(connections: Connections): void {
  for (const [socket, response] of connections) {
    if (response === null || response.writableFinished || !response.req.complete) socket.destroy();
  }
}
