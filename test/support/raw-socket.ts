/** Bytes to a server and back, where an HTTP client would tidy them up. */
import { connect, type Socket } from "node:net";
import { once } from "node:events";

export interface RawAnswer {
  /** Everything the server sent, as latin1. */
  readonly text: string;
  /** Status of the first response; null when there was none. */
  readonly status: number | null;
  readonly body: string;
}

/** Opens a socket; bytes received are gathered from the first on. */
export class RawSocket implements Disposable {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  readonly #ended: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
    // A server may reset a connection whose bytes it did not read; what it said before counts.
    socket.on("error", () => undefined);
    this.#ended = new Promise((resolve) => {
      socket.once("close", () => resolve());
    });
  }

  static async open(port: number): Promise<RawSocket> {
    const socket = connect(port, "127.0.0.1");
    const raw = new RawSocket(socket);
    await once(socket, "connect");
    return raw;
  }

  send(bytes: string | Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Ends our side after the bytes. */
  finish(): void {
    this.#socket.end();
  }

  /** Resets the connection. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Everything received until the server closed the connection. */
  async untilClosed(): Promise<RawAnswer> {
    await this.#ended;
    return answerOf(this.#received());
  }

  /** Everything received until the text matches. */
  async until(pattern: RegExp): Promise<RawAnswer> {
    while (!pattern.test(this.#received())) {
      if (this.#socket.closed)
        throw new Error(`the server closed the connection before ${pattern}: ${this.#received()}`);
      await Promise.race([once(this.#socket, "data"), this.#ended]);
    }
    return answerOf(this.#received());
  }

  #received(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** Sends the bytes and waits for the server to close. */
export async function exchange(port: number, bytes: string | Uint8Array): Promise<RawAnswer> {
  using socket = await RawSocket.open(port);
  socket.send(bytes);
  return await socket.untilClosed();
}

/** A request with exactly these header lines; no header is added. */
export function requestText(line: string, headers: readonly string[], body = ""): string {
  return `${[line, ...headers].join("\r\n")}\r\n\r\n${body}`;
}

function answerOf(text: string): RawAnswer {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  const split = text.indexOf("\r\n\r\n");
  return { text, status: status === undefined ? null : Number(status), body: split < 0 ? "" : text.slice(split + 4) };
}
