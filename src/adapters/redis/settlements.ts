/**
 * Settlements on their way to Redis. Nobody waits for one: until it is there the decision's place counts for it. So
 * many share a command, and what Redis did not take is said again until it did. Said twice, or late, it counts too
 * many offers at worst, never too few.
 */
import type { Settlement } from "../../core/ports.ts";
import { outlived } from "../../core/caps/outlived.ts";
import { ENTRIES_MAX, type Subject } from "../../core/domain/offer.ts";
import type { RedisConnection } from "./connection.ts";
import { entryText, historyKey, offerText } from "./history-entry.ts";
import { PARTS } from "./read-turn.ts";
import { Script } from "./script.ts";

/** Redis serves nobody else while it runs one command: some 0.5 ms for so many. */
const CHANGES_PER_COMMAND_MAX = 128;
/** How long a decision's place may be in the way of the user's next decision on another replica. */
const GATHERED_MS = 5;
const AGAIN_MS = 250;
/** Beyond these the oldest batch is given up: its places go on counting. */
const WAITING_BATCHES_MAX = 1_000;

/**
 * For each of KEYS a line of ARGV[1]: the decision's id, or its entry if it is an offer, and, with a comma before each,
 * the ids of others that go. What is no history has nothing to settle.
 */
const SETTLE = new Script(`${PARTS}
local function settle(key, change)
  local entry, others = string.match(change, '^([^,]*)(.*)$')
  for other in string.gmatch(others, '[^,]+') do redis.call('HDEL', key, other) end
  local id, ms, value = parts(entry)
  if ms == nil then
    redis.call('HDEL', key, id)
  elseif redis.call('HSET', key, id, value) == 1 and redis.call('HLEN', key) > ${ENTRIES_MAX} then
    redis.call('HDEL', key, id)
  elseif redis.call('PEXPIRE', key, ms, 'GT') == 0 then
    redis.call('PEXPIRE', key, ms, 'NX')
  end
end

local i = 0
for change in string.gmatch(ARGV[1], '[^\\n]+') do
  i = i + 1
  local done, reply = pcall(settle, KEYS[i], change)
  local said = not done and (type(reply) == 'table' and reply.err or tostring(reply))
  if said and not string.find(said, '^WRONGTYPE') then return redis.error_reply(said) end
end`);

/** What one command says: of each key, a change. */
interface Batch {
  readonly keys: string[];
  readonly changes: string[];
}

export class Settlements {
  readonly #connection: RedisConnection;
  #open: Batch = { keys: [], changes: [] };
  /** The ids of the users and clusters of the open batch: a part of the keys that is at hand. */
  readonly #concerned = new Set<string>();
  /** What Redis did not take, oldest first. */
  #again: Batch[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  add({ decisionId, offer, subjects, found, atMs }: Settlement): void {
    const entry = offer === null ? decisionId : entryText(offer, offerText(offer), atMs);
    for (let i = 0; i < subjects.length; i++) {
      const subject = subjects[i] as Subject;
      const history = found?.[i];
      const over = history === undefined ? [] : outlived(history, offer, atMs);
      this.#open.keys.push(historyKey(subject));
      this.#open.changes.push(over.length === 0 ? entry : [entry, ...over].join(","));
      this.#concerned.add(subject.id);
    }
    if (this.#open.keys.length >= CHANGES_PER_COMMAND_MAX) this.#flush();
    else this.#flushIn(GATHERED_MS);
  }

  /** Sends what concerns the user or cluster, ahead of what is read of it next. */
  flushFor({ id }: Subject): void {
    if (this.#concerned.has(id)) this.#flush();
  }

  /** Nothing that was settled of the user or cluster until now is said after this. */
  async forget(subject: Subject): Promise<void> {
    const key = historyKey(subject);
    await Promise.all(this.#underWay);
    this.#open = without(key, this.#open);
    this.#again = this.#again.map((batch) => without(key, batch));
  }

  /** What Redis does not take now, it is not told. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#flush();
    await Promise.all(this.#underWay);
  }

  #flush(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    const batches = [...this.#again, this.#open];
    this.#again = [];
    this.#open = { keys: [], changes: [] };
    this.#concerned.clear();
    for (const batch of batches) {
      if (batch.keys.length === 0) continue;
      const sending = this.#send(batch);
      this.#underWay.add(sending);
      void sending.then(() => this.#underWay.delete(sending));
    }
  }

  async #send(batch: Batch): Promise<void> {
    try {
      await this.#connection.run((redis) => SETTLE.run(redis, batch.keys, batch.changes.join("\n")));
    } catch {
      // The connection tells its state to the operators. The places count meanwhile.
      this.#again.push(batch);
      if (this.#again.length > WAITING_BATCHES_MAX) this.#again.shift();
      this.#flushIn(AGAIN_MS);
    }
  }

  #flushIn(ms: number): void {
    if (!this.#closed) this.#timer ??= setTimeout(() => this.#flush(), ms).unref();
  }
}

function without(key: string, { keys, changes }: Batch): Batch {
  const others = (_: string, i: number): boolean => keys[i] !== key;
  return { keys: keys.filter(others), changes: changes.filter(others) };
}
