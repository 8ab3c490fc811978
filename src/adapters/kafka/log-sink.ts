/**
 * Logs in Kafka, one topic for each kind: `<prefix>.decisions` and `<prefix>.outcomes`. A message's key is the decision's
 * id, so that a decision and its outcomes are in one partition of topics of equal size; its headers are `id` and
 * `schema`, its value the line as it is in the log.
 *
 * Acknowledged by all replicas in sync, from an idempotent producer: what the client itself repeats is there once. What
 * the shipper repeats, after an answer that did not come or a restart, is there twice, with one `id`.
 */
import {
  type Connection,
  compatibilityPartitioner,
  Producer,
  type ProducerOptions,
  stringSerializers,
} from "@platformatic/kafka";
import { LiftgateError } from "../../core/errors.ts";
import type { LogSink, ShippedRecord } from "../../core/shipping-ports.ts";
import { kafkaTrouble } from "./trouble.ts";

const CONNECT_MS = 2_000;
/** How long the broker may wait for its replicas, */
const ACKNOWLEDGE_MS = 5_000;
/** and how long its answer may take. */
const REQUEST_MS = 6_000;
/** Everything, a new connection, metadata and repetitions included. */
const SEND_MS = 15_000;
/** Enough for a leader that has just moved; beyond, the shipper repeats with a new client. */
const RETRIES = 2;
const RETRY_DELAY_MS = 200;

export interface KafkaOptions {
  /** `host:port` of one or more. */
  readonly brokers: readonly string[];
  /** What the topics' names begin with. They must exist. */
  readonly prefix: string;
  /** Absent: no TLS. The system's authorities count unless `ca` is given; key and certificate are the client's. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null;
  readonly sasl: SaslOptions | null;
}

export interface SaslOptions {
  readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
  readonly username: string;
  readonly password: string;
}

type StringProducer = Producer<string, string, string, string>;

/** Connects when there is something to send. */
export class KafkaLogSink implements LogSink {
  readonly #options: KafkaOptions;
  #client: Client | null = null;
  #isClosed = false;

  constructor(options: KafkaOptions) {
    this.#options = options;
  }

  async send(records: readonly ShippedRecord[]): Promise<void> {
    if (this.#isClosed) throw unavailable("closed");
    if (records.length === 0) return;
    try {
      this.#client ??= new Client(producerOptions(this.#options));
      await this.#client.send(records.map((record) => messageOf(this.#options.prefix, record)));
    } catch (error) {
      // What the broker has of it is not known, and its sequence numbers with it: the next attempt is a new producer's.
      this.#discard();
      throw unavailable(this.#isClosed ? "closed" : kafkaTrouble(error));
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#discard();
  }

  #discard(): void {
    const client = this.#client;
    this.#client = null;
    client?.end();
  }
}

/** A producer that answers in time or fails in time, and leaves nothing open. */
class Client {
  readonly #producer: StringProducer;
  readonly #connections = new Set<Connection>();

  constructor(options: ProducerOptions<string, string, string, string>) {
    this.#producer = new Producer(options);
    this.#producer.on("client:broker:connect", ({ connection }) => void this.#connections.add(connection));
  }

  async send(messages: Parameters<StringProducer["send"]>[0]["messages"]): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("no answer in time")), SEND_MS);
    try {
      await Promise.race([this.#producer.send({ messages }), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A connection to a broker that hangs would wait for it to read what was written. */
  end(): void {
    this.#producer.close(true, () => undefined);
    for (const { socket } of this.#connections) socket.destroy();
  }
}

function unavailable(reason: string): LiftgateError {
  return new LiftgateError("sink_unavailable", `The log's topics cannot be written: ${reason}`);
}

function producerOptions({ brokers, tls, sasl }: KafkaOptions): ProducerOptions<string, string, string, string> {
  return {
    clientId: "liftgate",
    bootstrapBrokers: [...brokers],
    serializers: stringSerializers,
    idempotent: true,
    // The one of Kafka's own clients: a key is in the partition where they look for it.
    partitioner: compatibilityPartitioner,
    autocreateTopics: false,
    connectTimeout: CONNECT_MS,
    timeout: ACKNOWLEDGE_MS,
    requestTimeout: REQUEST_MS,
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
    // The name is what a broker behind a shared address is told apart by.
    ...(tls !== null && { tls, tlsServerName: true }),
    ...(sasl !== null && { sasl }),
  };
}

function messageOf(prefix: string, { kind, id, decisionId, schema, line }: ShippedRecord) {
  return { topic: `${prefix}.${kind}`, key: decisionId, value: line, headers: { id, schema } };
}
