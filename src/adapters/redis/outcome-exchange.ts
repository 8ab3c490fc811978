/** Outcomes between replicas: a stream for each mark, that its replica reads from where it was. */
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import { markOfId } from "../../core/domain/decision-id.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { OutcomeExchange, Received } from "../../core/outcome-ports.ts";
import type { RedisConnection } from "./connection.ts";
import { RedisTrouble } from "./trouble.ts";

/** A replica that is away for longer finds what it missed in the other replicas' outcome logs only. */
const KEPT_MS = 7 * 86_400_000;
/** Some 300 bytes each. */
const READ_MAX = 500;
/** By mark: when its replica was last there. Users' keys have braces: this is none of theirs. */
const REPLICAS_KEY = "liftgate:replicas";
/** Nobody decides meanwhile. */
const ANSWER_MS = 1_000;
const FIELD = "outcome";

/** Uses the connection and does not own it: other stores share it. */
export class RedisOutcomeExchange implements OutcomeExchange {
  readonly #connection: RedisConnection;
  readonly #nowMs: () => number;

  constructor(connection: RedisConnection, nowMs: () => number) {
    this.#connection = connection;
    this.#nowMs = nowMs;
  }

  async send(outcomes: readonly OutcomeRecord[]): Promise<void> {
    const oldest = String(this.#nowMs() - KEPT_MS);
    await this.#run((redis) =>
      Promise.all(
        outcomes.map((outcome) => {
          const key = streamOf(markOfId(outcome.decisionId));
          return redis.xadd(key, "MINID", "~", oldest, "*", FIELD, JSON.stringify(outcome));
        }),
      ),
    );
  }

  async receive(mark: string, after: string): Promise<Received> {
    const from = after === "" ? "0" : after;
    const reply = await this.#run((redis) => redis.xread("COUNT", READ_MAX, "STREAMS", streamOf(mark), from));
    const entries = reply?.[0]?.[1] ?? [];
    return {
      outcomes: entries.map(([, [, text = ""]]) => JSON.parse(text) as OutcomeRecord),
      place: entries.at(-1)?.[0] ?? after,
    };
  }

  async present(mark: string, nowMs: number): Promise<ReadonlySet<string>> {
    return await this.#run(async (redis) => {
      await redis.zadd(REPLICAS_KEY, String(nowMs), mark);
      return new Set(await redis.zrange(REPLICAS_KEY, "0", "-1"));
    });
  }

  async #run<T>(command: (redis: Parameters<Parameters<RedisConnection["run"]>[0]>[0]) => Promise<T>): Promise<T> {
    try {
      return await this.#connection.run(command, ANSWER_MS);
    } catch (error) {
      if (!(error instanceof RedisTrouble)) throw error;
      throw new LiftgateError(
        "outcome_exchange_unavailable",
        `Outcomes cannot be sent to other replicas: ${error.message}`,
      );
    }
  }
}

function streamOf(mark: string): string {
  return `liftgate:outcomes-of:${mark}`;
}
