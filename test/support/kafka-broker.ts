/** A real Kafka broker of one test: its own process, ports and folder; nothing of it outlives the test. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";

/** Where `ensure-kafka.ts` puts the broker's libraries. */
export const KAFKA_LIBRARIES = fileURLToPath(new URL("../../node_modules/.cache/liftgate-kafka", import.meta.url));
/** Copied last, so that it is there only when all of them are. */
const COMPLETE = join(KAFKA_LIBRARIES, "complete");
/** Small and quick to start: a test sends some thousand records. */
const JAVA = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", join(KAFKA_LIBRARIES, "*")] as const;
/** Any will do: the broker is a cluster of its own. */
const CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg";

/** Marks the libraries as whole. */
export function markKafkaComplete(): void {
  writeFileSync(COMPLETE, "");
}

export function hasKafka(): boolean {
  return existsSync(COMPLETE);
}

export class KafkaBroker {
  readonly address: string;
  readonly #dir: string;
  #child: ChildProcess;

  constructor(running: { readonly address: string; readonly dir: string; readonly child: ChildProcess }) {
    this.address = running.address;
    this.#dir = running.dir;
    this.#child = running.child;
  }

  /** Kills the process; the port then refuses. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  /** Starts it anew on the same port, with its data. */
  async restart(): Promise<void> {
    await this.kill();
    this.#child = await launch(this.#dir);
  }

  /** Stops the process without closing anything: connections open and hang. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** Resolves when the broker takes connections. Hand `stop` to `afterAll`. */
export async function startKafkaBroker(): Promise<KafkaBroker> {
  const dir = await mkdtemp(join(tmpdir(), "liftgate-kafka-"));
  const [port, controllerPort] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${port}`;
  writeFileSync(
    join(dir, "server.properties"),
    [
      "process.roles=broker,controller",
      "node.id=1",
      `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
      `listeners=PLAINTEXT://${address},CONTROLLER://127.0.0.1:${controllerPort}`,
      `advertised.listeners=PLAINTEXT://${address}`,
      "controller.listener.names=CONTROLLER",
      "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
      `log.dirs=${join(dir, "data")}`,
      "auto.create.topics.enable=false",
      "offsets.topic.replication.factor=1",
      "offsets.topic.num.partitions=1",
      "group.initial.rebalance.delay.ms=0",
    ].join("\n"),
  );
  java(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", join(dir, "server.properties")]);
  return new KafkaBroker({ address, dir, child: await launch(dir) });
}

function java(args: readonly string[]): void {
  const { status, stderr } = spawnSync("java", [...JAVA, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`java ${args.join(" ")} failed: ${stderr}`);
}

async function launch(dir: string): Promise<ChildProcess> {
  const child = spawn("java", [...JAVA, "kafka.Kafka", join(dir, "server.properties")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const killWithUs = (): void => {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  process.once("exit", killWithUs);
  child.once("exit", () => process.off("exit", killWithUs));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    if (line.includes("Kafka Server started")) {
      child.stderr.resume();
      return child;
    }
  }
  throw new Error(`the Kafka broker did not start; its log ends with: ${lines.slice(-5).join("\n")}`);
}
