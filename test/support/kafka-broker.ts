/** A real Kafka broker of one test: its own process, ports and folder; nothing of it outlives the test. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/** The account that the secure port knows, by PLAIN and by SCRAM-SHA-256. */
export const KAFKA_ACCOUNT = { username: "shipper", password: "shipper-secret" } as const;

export class KafkaBroker {
  readonly address: string;
  /** Where it speaks TLS, and asks for the account. */
  readonly secureAddress: string;
  /** Where it speaks TLS, and asks for a certificate it knows: its own. */
  readonly mutualAddress: string;
  /** Its certificate, which signs itself, and its key, in PEM. */
  readonly identity: string;
  readonly #dir: string;
  #child: ChildProcess;

  constructor({ address, secureAddress, mutualAddress, identity, dir, child }: Running) {
    this.address = address;
    this.secureAddress = secureAddress;
    this.mutualAddress = mutualAddress;
    this.identity = identity;
    this.#dir = dir;
    this.#child = child;
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

interface Running {
  readonly address: string;
  readonly secureAddress: string;
  readonly mutualAddress: string;
  readonly identity: string;
  readonly dir: string;
  readonly child: ChildProcess;
}

/** Resolves when the broker takes connections. Hand `stop` to `afterAll`. */
export async function startKafkaBroker(): Promise<KafkaBroker> {
  const dir = await mkdtemp(join(tmpdir(), "liftgate-kafka-"));
  const [address, controller] = [await freeAddress(), await freeAddress()];
  const [secureAddress, mutualAddress] = [await freeAddress(), await freeAddress()];
  const identity = makeIdentity(dir);
  const { username, password } = KAFKA_ACCOUNT;
  const login = (mechanism: string, more: string) =>
    `listener.name.secure.${mechanism}.sasl.jaas.config=org.apache.kafka.common.security.${more};`;
  const properties = [
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.voters=1@${controller}`,
    `listeners=PLAINTEXT://${address},SECURE://${secureAddress},MUTUAL://${mutualAddress},CONTROLLER://${controller}`,
    `advertised.listeners=PLAINTEXT://${address},SECURE://${secureAddress},MUTUAL://${mutualAddress}`,
    "controller.listener.names=CONTROLLER",
    "inter.broker.listener.name=PLAINTEXT",
    "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,MUTUAL:SSL",
    "listener.name.secure.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256",
    login("plain", `plain.PlainLoginModule required user_${username}="${password}"`),
    login("scram-sha-256", "scram.ScramLoginModule required"),
    "ssl.keystore.type=PEM",
    `ssl.keystore.location=${join(dir, IDENTITY)}`,
    "listener.name.mutual.ssl.client.auth=required",
    "ssl.truststore.type=PEM",
    `ssl.truststore.location=${join(dir, CERTIFICATE)}`,
    `log.dirs=${join(dir, "data")}`,
    "auto.create.topics.enable=false",
    "offsets.topic.replication.factor=1",
    "offsets.topic.num.partitions=1",
    "group.initial.rebalance.delay.ms=0",
  ];
  writeFileSync(join(dir, "server.properties"), properties.join("\n"));
  const scram = `SCRAM-SHA-256=[name=${username},password=${password}]`;
  const format = ["format", "-t", CLUSTER_ID, "-c", join(dir, "server.properties"), "--add-scram", scram];
  run("java", [...JAVA, "kafka.tools.StorageTool", ...format]);
  return new KafkaBroker({ address, secureAddress, mutualAddress, identity, dir, child: await launch(dir) });
}

/** A certificate for 127.0.0.1, which signs itself, and its key. */
function makeIdentity(dir: string): string {
  const [certificate, key] = [join(dir, CERTIFICATE), join(dir, "key.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  run("openssl", ["req", "-x509", ...curve, ...subject, "-out", certificate, "-keyout", key]);
  const identity = readFileSync(key, "utf8") + readFileSync(certificate, "utf8");
  writeFileSync(join(dir, IDENTITY), identity);
  return identity;
}

const CERTIFICATE = "certificate.pem";
const IDENTITY = "identity.pem";

async function freeAddress(): Promise<string> {
  return `127.0.0.1:${await freePort()}`;
}

/** What it printed. */
function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} failed: ${stdout} ${stderr}`);
  return stdout;
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
