import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Passes connections on to a port, and resets them all when it is told to. */
export class FlakyProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = port;
  }

  static async open(targetPort: number): Promise<FlakyProxy> {
    const sockets = new Set<Socket>();
    const server = createServer((caller) => {
      const target = connect(targetPort, "127.0.0.1");
      for (const [from, to] of [
        [caller, target],
        [target, caller],
      ] as const) {
        sockets.add(from);
        from.on("error", () => cut(to));
        from.on("close", () => {
          sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the system named no port");
    return new FlakyProxy(server, sockets, address.port);
  }

  reset(): void {
    for (const socket of this.#sockets) cut(socket);
  }

  close(): void {
    this.#server.close();
    this.reset();
  }
}

/** One that is ending is not reset: Node.js would never close it, and spin when the process is to end. */
function cut(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
