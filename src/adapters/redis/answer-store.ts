/**
 * Answers in Redis. A key for each question, with a text:
 *
 *     c<fingerprint> <claim>      it is being answered
 *     a<fingerprint> <answer>     it was answered
 *     d                           its answer was deleted
 */
import type { AnswerStore, Claim, Held, NewAnswer, Published } from "../../core/answer-ports.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { RedisConnection } from "./connection.ts";
import { Script } from "./script.ts";
import { RedisTrouble } from "./trouble.ts";
import { TurnBatch } from "./turn-batch.ts";

/** Redis serves nobody else while it runs one command: some 0.3 ms for so many. */
const CALLS_PER_COMMAND_MAX = 128;
/** Longer than a decision takes, whatever it waits for; a replica that died is waited for so long. */
const CLAIM_MS = 2_000;
/** Nobody is told before the others know: a busy server may take its time. */
const PUBLISH_ANSWER_MS = 250;

const FORGOTTEN = "d";

/** ARGV: of each key how long the claim holds, and the claim. What was there, where it was not this claim. */
const CLAIM = new Script(`
local held = {}
for i, key in ipairs(KEYS) do
  local is = redis.call('GET', key)
  if not is or is == '${FORGOTTEN}' then redis.call('SET', key, ARGV[2 * i], 'PX', ARGV[2 * i - 1]) end
  held[i] = is and is ~= ARGV[2 * i] and is
end
return held`);

/** ARGV: of each key how long the answer is kept, and the answer. The answer that is there, where it is another. */
const PUBLISH = new Script(`
local stand = {}
for i, key in ipairs(KEYS) do
  local is = redis.call('GET', key)
  if is and string.sub(is, 1, 1) == 'a' then stand[i] = is ~= ARGV[2 * i] and is
  else
    redis.call('SET', key, ARGV[2 * i], 'PX', ARGV[2 * i - 1])
    stand[i] = false
  end
end
return stand`);

const GIVE_UP = new Script("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end");

interface Entry {
  readonly key: string;
  readonly keptMs: number;
  readonly text: string;
}

export class RedisAnswerStore implements AnswerStore {
  readonly #connection: RedisConnection;
  readonly #claims: TurnBatch<Entry, string | null>;
  readonly #answers: TurnBatch<Entry, string | null>;

  /** Uses the connection and does not own it: other stores share it. */
  constructor(connection: RedisConnection) {
    this.#connection = connection;
    this.#claims = new TurnBatch((entries) => this.#run(CLAIM, entries), CALLS_PER_COMMAND_MAX);
    this.#answers = new TurnBatch((entries) => this.#run(PUBLISH, entries, PUBLISH_ANSWER_MS), CALLS_PER_COMMAND_MAX);
  }

  async claim(key: string, claim: Claim): Promise<Held> {
    const held = await this.#claims.add({ key: keyOf(key), keptMs: CLAIM_MS, text: claimText(claim) });
    if (held === null) return { kind: "mine", was: "new" };
    if (held === FORGOTTEN) return { kind: "mine", was: "forgotten" };
    const published = publishedIn(held);
    return held.startsWith("a")
      ? { kind: "answered", ...published }
      : { kind: "other", fingerprint: published.fingerprint };
  }

  async publish(key: string, { fingerprint }: Claim, { text, keptMs }: NewAnswer): Promise<Published | null> {
    const other = await this.#answers.add({ key: keyOf(key), keptMs, text: `a${fingerprint} ${text}` });
    return other === null ? null : publishedIn(other);
  }

  giveUp(key: string, claim: Claim): Promise<void> {
    return this.#tell(async (redis) => {
      await GIVE_UP.run(redis, [keyOf(key)], claimText(claim));
    });
  }

  forget(key: string, forMs: number): Promise<void> {
    return this.#tell(async (redis) => {
      await redis.set(keyOf(key), FORGOTTEN, "PX", forMs);
    });
  }

  async #run(script: Script, entries: readonly Entry[], answerMs?: number) {
    const keys = entries.map(({ key }) => key);
    const args = entries.flatMap(({ keptMs, text }) => [keptMs, text]);
    try {
      const replies = await this.#connection.run((redis) => script.run(redis, keys, ...args), answerMs);
      return replies as readonly (string | null)[];
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #tell(command: Parameters<RedisConnection["run"]>[0]): Promise<void> {
    try {
      await this.#connection.run(command);
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function keyOf(key: string): string {
  return `liftgate:answers:${key}`;
}

function claimText({ fingerprint, claimId }: Claim): string {
  return `c${fingerprint} ${claimId}`;
}

function publishedIn(text: string): Published {
  const space = text.indexOf(" ");
  return { fingerprint: text.slice(1, space), answer: text.slice(space + 1) };
}

function unavailable(error: unknown): unknown {
  if (!(error instanceof RedisTrouble)) return error;
  return new LiftgateError("answer_store_unavailable", `The store of answers cannot be reached: ${error.message}`);
}
