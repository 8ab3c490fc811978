/** POST over kept connections: some three times as many a second as `fetch` does. */
import { Agent, request } from "node:http";

export interface Reply {
  readonly status: number;
  readonly text: string;
  /** The server keeps the connection no longer. */
  readonly isLast: boolean;
}

export class Poster {
  readonly #agent: Agent;

  constructor(connections: number) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
  }

  /** Rejects when the connection ends without an answer, with the error's `code`. */
  post(url: string, path: string, body: object): Promise<Reply> {
    const text = JSON.stringify(body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, url), { method: "POST", agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString(),
            isLast: response.headers.connection === "close",
          }),
        );
      });
      sent.on("error", reject);
      sent.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
