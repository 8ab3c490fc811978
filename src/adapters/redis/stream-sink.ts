/**
 * Logs in Redis Streams, one for each kind: `<prefix>:decisions` and `<prefix>:outcomes`. An entry has the fields `id`,
 * `decisionId`, `schema` and `record`, the line as it is in the log.
 *
 * Redis numbers the entries as they come, from all replicas. What is sent again is there twice, with one `id`.
 */
import type { ChainableCommander, Redis } from "ioredis";
import { LiftgateError } from "../../core/errors.ts";
import type { LogKind, LogSink, ShippedRecord } from "../../core/shipping-ports.ts";
import type { RedisConnection } from "./connection.ts";
import { troubleOf } from "./trouble.ts";

export interface StreamNames {
  /** What the streams' names begin with. */
  readonly prefix: string;
  /** About how many entries each stream keeps; undefined: all. */
  readonly entriesMax: number | undefined;
}

/** The read that tells whether the connection is of use. */
export function probeStreams({ prefix }: StreamNames): (redis: Redis) => Promise<unknown> {
  return (redis) => redis.xlen(streamOf(prefix, "decisions"));
}

/** Owns the connection, which should wait longer than one that decisions wait for. */
export class RedisStreamSink implements LogSink {
  readonly #connection: RedisConnection;
  readonly #names: StreamNames;

  constructor(connection: RedisConnection, names: StreamNames) {
    this.#connection = connection;
    this.#names = names;
  }

  /** One transaction: all entries or none, so that none overtakes one that was refused. */
  async send(records: readonly ShippedRecord[]): Promise<void> {
    if (records.length === 0) return;
    try {
      await this.#connection.run(async (redis) => {
        const commands = records.reduce((all, record) => this.#add(all, record), redis.multi());
        const failed = (await commands.exec())?.find(([error]) => error !== null);
        if (failed !== undefined) throw failed[0];
      });
    } catch (error) {
      throw new LiftgateError("sink_unavailable", `The log's streams cannot be written: ${troubleOf(error).message}`);
    }
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  #add(commands: ChainableCommander, { kind, id, decisionId, schema, line }: ShippedRecord): ChainableCommander {
    const { prefix, entriesMax } = this.#names;
    const key = streamOf(prefix, kind);
    const fields = ["id", id, "decisionId", decisionId, "schema", schema, "record", line];
    return entriesMax === undefined
      ? commands.xadd(key, "*", ...fields)
      : commands.xadd(key, "MAXLEN", "~", entriesMax, "*", ...fields);
  }
}

function streamOf(prefix: string, kind: LogKind): string {
  return `${prefix}:${kind}`;
}
