/** A replica: the real service in a process of its own, life after life on one DATA_DIR. */
import { CommandLine, type Ending } from "./command-line.ts";
import { CUSTOMER } from "./service.ts";

const LISTENING = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/;

export class Replica {
  readonly dataDir: string;
  readonly #environment: Readonly<Record<string, string>>;
  #life: CommandLine;
  #url: Promise<string>;

  /** Starts it. */
  constructor(dataDir: string, environment: Readonly<Record<string, string>>) {
    this.dataDir = dataDir;
    this.#environment = { ...environment, PORT: "0", DATA_DIR: dataDir };
    this.#life = this.#begin();
    this.#url = addressOf(this.#life);
  }

  /** Where it answers; between two lives, once the next one does. */
  get url(): Promise<string> {
    return this.#url;
  }

  /** kill -9, and the next life. */
  async kill(): Promise<void> {
    await this.#follow("SIGKILL");
  }

  /** SIGTERM, and when it has ended the next life; how it ended. */
  async restart(): Promise<Ending> {
    return await this.#follow("SIGTERM");
  }

  /** SIGTERM, for good. */
  async stop(): Promise<Ending> {
    this.#life.signal("SIGTERM");
    return await this.#life.ended();
  }

  start(): void {
    this.#life = this.#begin();
    this.#url = addressOf(this.#life);
  }

  async putFeatures(userIds: readonly string[]): Promise<void> {
    const users = userIds.map((userId) => ({ userId, features: CUSTOMER }));
    const response = await fetch(`${await this.#url}/v1/features`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ users }),
    });
    if (!response.ok) throw new Error(`features were answered ${response.status}`);
  }

  async #follow(signal: NodeJS.Signals): Promise<Ending> {
    const ending = this.#life;
    // From now on callers wait for the next life.
    const next = Promise.withResolvers<string>();
    this.#url = next.promise;
    ending.signal(signal);
    const end = await ending.ended();
    this.#life = this.#begin();
    addressOf(this.#life).then(next.resolve, next.reject);
    await this.#url;
    return end;
  }

  #begin(): CommandLine {
    return new CommandLine(["serve"], this.#environment);
  }
}

async function addressOf(life: CommandLine): Promise<string> {
  const [, url = ""] = await life.printed(LISTENING);
  return url;
}
