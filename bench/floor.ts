/**
 * The least a service that decides per request can do: read a body, one Redis GET of the packed row,
 * one row in a shared model run, and an answer of the same size. Fastify's own parser, no validation,
 * no decision, no log, no metrics. What the real service costs beyond this is the price of its promises.
 */
import { fastify } from "fastify";
import { Redis } from "ioredis";
import { ModelFolder } from "../src/adapters/onnx/model-folder.ts";
import { packedBytes } from "../src/adapters/packed/packed-row.ts";
import type { DecideAnswer } from "../src/contract/decide.ts";

const { REDIS_URL = "", MODELS_DIR = "", FLOOR_MODEL = "", FLOOR_ANSWER = "" } = process.env;

interface Question {
  readonly userId: string;
  readonly requestId: string;
}

const opened = await new ModelFolder({ directory: MODELS_DIR, now: Date.now }).open(FLOOR_MODEL);
if (!opened.ok) throw new Error(`the model ${FLOOR_MODEL} is not valid: ${JSON.stringify(opened.faults)}`);
const model = opened.value;
const rowBytes = packedBytes(model.contract);
const valueBytes = model.contract.features.length * Float32Array.BYTES_PER_ELEMENT;
const head = model.outputs.heads[0]?.id ?? "";
/** An answer that the real service gave, so that both send the same number of bytes. */
const template: DecideAnswer = JSON.parse(FLOOR_ANSWER);

const redis = new Redis(REDIS_URL, { enableAutoPipelining: true });
const app = fastify();
app.post<{ Body: Question }>("/v1/decide", async ({ body: { userId, requestId } }) => {
  const packed = await redis.getBuffer(`liftgate:{${userId}}:features:${model.contract.set}`);
  if (packed?.length !== rowBytes) throw new Error(`no row is stored for ${userId}`);
  const row = new Float32Array(model.contract.features.length);
  new Uint8Array(row.buffer).set(packed.subarray(rowBytes - valueBytes));
  const scores = await model.score(row);
  const value = scores.heads[head]?.[scores.row * model.outputs.actions.length * model.outputs.replicates] ?? NaN;
  return { ...template, userId, requestId, expected: { ...template.expected, value } };
});

console.log(await app.listen({ host: "127.0.0.1", port: 0 }));
process.once("SIGTERM", () => {
  void app.close().then(() => {
    redis.disconnect();
    return model.release();
  });
});
