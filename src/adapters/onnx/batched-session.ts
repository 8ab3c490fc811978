/**
 * Rows that wait in one turn of the event loop share one run.
 *
 * `InferenceSession.run` executes synchronously inside a `setImmediate`, and costs a fixed part
 * (JavaScript objects, tensors, the call) and a part per row. Measured on the shipped model (1,860
 * trees of depth 2 and 3), one thread of a busy 2-core machine: 58 µs for a row alone, 16 µs a row
 * from 8 rows on. So a row waits for the end of the turn it arrived in and joins the batch of that
 * turn; rows that arrive while a batch waits for its own turn form the next one. Batches run one
 * after the other and are bounded, so that the loop serves I/O in between.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { RawScores } from "../../core/domain/model.ts";
import { invariant, LiftgateError } from "../../core/errors.ts";

/** Rows of one run. More would save nothing a row, and hold the event loop for longer than 1 ms. */
export const BATCH_ROWS_MAX = 64;

/** Sizes run once at load, so that the first callers do not pay for lazily built plans and arenas. */
const WARM_UP_ROWS = [1, 8, BATCH_ROWS_MAX] as const;
/** Input buffers kept for the next batches: one fills while one runs. */
const SPARE_INPUTS_MAX = 2;

export interface BatchedSessionOptions {
  readonly session: InferenceSession;
  readonly featureCount: number;
  /** Outputs to fetch; the others are not copied out of the runtime. */
  readonly heads: readonly string[];
  /** Told the rows of each run. */
  readonly onBatch: (rows: number) => void;
}

interface Waiter {
  readonly resolve: (scores: RawScores) => void;
  readonly reject: (trouble: LiftgateError) => void;
}

interface Batch {
  readonly input: Float32Array;
  readonly waiters: Waiter[];
}

export class BatchedSession {
  readonly #options: BatchedSessionOptions;
  readonly #queue: Batch[] = [];
  readonly #spareInputs: Float32Array[] = [];
  #working: Promise<void> | undefined;
  #released = false;

  private constructor(options: BatchedSessionOptions) {
    this.#options = options;
  }

  /** Takes the session over and warms it up. Throws `model_failed` when it cannot run; then it is freed. */
  static async open(options: BatchedSessionOptions): Promise<BatchedSession> {
    const batched = new BatchedSession(options);
    try {
      for (const rows of WARM_UP_ROWS) {
        await batched.#run(new Float32Array(rows * options.featureCount).fill(NaN), rows);
      }
    } catch (trouble) {
      await batched.release();
      throw trouble;
    }
    return batched;
  }

  /** Scores one row. The row is copied: the caller may reuse it at once. Throws `model_failed`. */
  score(row: Float32Array): Promise<RawScores> {
    const { featureCount } = this.#options;
    invariant(row.length === featureCount, `a row of ${featureCount} features, got ${row.length}`);
    if (this.#released) return Promise.reject(new LiftgateError("model_failed", "the model was released"));
    const batch = this.#openBatch();
    batch.input.set(row, batch.waiters.length * featureCount);
    const scores = new Promise<RawScores>((resolve, reject) => {
      batch.waiters.push({ resolve, reject });
    });
    this.#working ??= this.#work();
    return scores;
  }

  /** Refuses new rows, waits for those under way, then frees the session. Harmless to repeat. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#working;
    await this.#options.session.release();
  }

  /** The batch that new rows join: the last one, unless it is full. */
  #openBatch(): Batch {
    const last = this.#queue.at(-1);
    if (last !== undefined && last.waiters.length < BATCH_ROWS_MAX) return last;
    const input = this.#spareInputs.pop() ?? new Float32Array(BATCH_ROWS_MAX * this.#options.featureCount);
    const batch = { input, waiters: [] };
    this.#queue.push(batch);
    return batch;
  }

  async #work(): Promise<void> {
    await nextTurn();
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      await this.#settle(batch);
    }
    this.#working = undefined;
  }

  async #settle({ input, waiters }: Batch): Promise<void> {
    try {
      this.#options.onBatch(waiters.length);
      const heads = await this.#run(input, waiters.length);
      waiters.forEach(({ resolve }, row) => resolve({ heads, row }));
    } catch (trouble) {
      for (const { reject } of waiters) reject(modelFailed(trouble));
    }
    // Only now: the runtime reads the input where it is until the run has settled.
    if (this.#spareInputs.length < SPARE_INPUTS_MAX) this.#spareInputs.push(input);
  }

  async #run(input: Float32Array, rows: number): Promise<Readonly<Record<string, Float32Array>>> {
    const { session, featureCount, heads } = this.#options;
    return runGraph(session, { features: input.subarray(0, rows * featureCount), rows, heads });
  }
}

export interface GraphRun {
  /** float32 [rows, F], flat. Not to be touched until the run settles. */
  readonly features: Float32Array;
  readonly rows: number;
  readonly heads: readonly string[];
}

/** One run: the named outputs, flat. Throws `model_failed`. */
export async function runGraph(
  session: InferenceSession,
  { features, rows, heads }: GraphRun,
): Promise<Readonly<Record<string, Float32Array>>> {
  const width = features.length / rows;
  const outputs: Record<string, Float32Array> = {};
  try {
    const results = await session.run({ features: new Tensor("float32", features, [rows, width]) }, heads);
    for (const head of heads) {
      const data = results[head]?.data;
      if (!(data instanceof Float32Array)) throw new TypeError(`output ${head} is not float32`);
      outputs[head] = data;
    }
  } catch (trouble) {
    throw modelFailed(trouble);
  }
  return outputs;
}

function modelFailed(trouble: unknown): LiftgateError {
  if (trouble instanceof LiftgateError) return trouble;
  return new LiftgateError(
    "model_failed",
    `ONNX Runtime: ${trouble instanceof Error ? trouble.message : "unknown trouble"}`,
  );
}
