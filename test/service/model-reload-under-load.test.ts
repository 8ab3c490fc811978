/** P5: a bad model never replaces a good one, and no request fails while bad and good ones come and go. */
import { unlink } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModelFolder } from "../../src/adapters/onnx/model-folder.ts";
import { ModelCache } from "../../src/service/model-cache.ts";
import {
  LIMITS,
  lines,
  ModelsDirectory,
  SHIPPED,
  SHIPPED_DIRECTORY,
  TINY,
  TINY_DIRECTORY,
} from "../support/model-folders.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const CALLERS = 8;
/** Turns of the event loop between choosing a model and scoring with it. */
const STORE_READ_TURNS = 20;

let models: ModelsDirectory;
let cache: ModelCache;

beforeEach(async () => {
  models = await ModelsDirectory.create();
  await models.add(TINY_DIRECTORY, TINY);
  await models.add(SHIPPED_DIRECTORY, SHIPPED);
  cache = new ModelCache(new ModelFolder({ directory: models.path, now: Date.now, limits: LIMITS }), {
    graceMs: 1_000,
  });
  const faults = (await cache.reload()).flatMap((outcome) => lines(outcome.faults));
  if (faults.length > 0) throw new Error(faults.join("\n"));
});

afterEach(async () => {
  await cache.close();
  await models.remove();
});

/** Callers that score both models one request after the other, as fast as they get answers. */
class Load {
  readonly failures: string[] = [];
  readonly digests = new Set<string>();
  answered = 0;
  #going = true;
  readonly #callers = Array.from({ length: CALLERS }, (_, i) => this.#call(i % 2 === 0 ? TINY : SHIPPED));

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#callers);
  }

  async #call(id: string): Promise<void> {
    const [name = "", version = ""] = id.split("/");
    while (this.#going) {
      try {
        const model = cache.find(name, version);
        if (model === undefined) throw new Error(`${id} is not there`);
        // As a request does that reads features between choosing the model and scoring.
        for (let turn = 0; turn < STORE_READ_TURNS; turn++) await nextTurn();
        const { heads, row } = await model.score(new Float32Array(model.contract.features.length).fill(1));
        const size = model.outputs.actions.length * model.outputs.replicates;
        for (const flat of Object.values(heads)) {
          if (!flat.subarray(row * size, (row + 1) * size).every(Number.isFinite))
            throw new Error(`${id} gave no number`);
        }
        this.digests.add(`${id} ${model.digest}`);
        this.answered += 1;
      } catch (trouble) {
        this.failures.push(String(trouble));
        await nextTurn();
      }
    }
  }
}

const BAD_SHIPPED = [
  [
    "a wrong hash",
    async () => {
      const graph = await models.read(SHIPPED, "model.onnx");
      graph.writeUInt8(graph.readUInt8(graph.length >> 1) ^ 1, graph.length >> 1);
      await models.write(SHIPPED, "model.onnx", graph);
    },
    /^model\.onnx: wrong hash/,
  ],
  ["missing golden rows", async () => unlink(models.file(SHIPPED, "golden.json")), /^golden\.json: is missing/],
  [
    "a truncated graph",
    async () => models.write(SHIPPED, "model.onnx", (await models.read(SHIPPED, "model.onnx")).subarray(0, 10_000)),
    /^model\.onnx: has 10000 bytes, .* truncated/,
  ],
  [
    "another model's graph",
    async () => models.writeHashed(SHIPPED, "model.onnx", await models.read(TINY, "model.onnx")),
    /^model\.onnx#\/inputs\/features: wrong feature count: the graph reads 4 features a row/,
  ],
] as const;

const BAD_TINY = [
  ["five-features", /wrong feature count/],
  ["nan-weights", /golden mismatch: the graph gives NaN/],
  ["swapped-heads", /golden mismatch/],
  ["external-initializer", /external data/],
  ["memory-bomb", /memory over: verification was killed when it took more than 512 MiB/],
] as const;

describe("reloading under load", () => {
  it("refuses every bad folder by name while the models loaded before serve every request", async () => {
    const before = cache.list().map(({ digest }) => digest);
    const load = new Load();
    for (const [, damage, fault] of BAD_SHIPPED) {
      await models.add(SHIPPED_DIRECTORY, SHIPPED);
      // Another description is another digest: else a reload would not look at the other files.
      await models.patchManifest(SHIPPED, ["description"], "a damaged copy");
      await damage();
      await expectKept(SHIPPED, fault);
    }
    for (const [graph, fault] of BAD_TINY) {
      await models.useGraph(graph);
      await expectKept(TINY, fault);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.answered).toBeGreaterThan(1_000);
    expect(load.digests.size).toBe(2);
    expect(cache.list().map(({ digest }) => digest)).toEqual(before);
  });

  it("replaces a good model by a good one without a failed request", async () => {
    const load = new Load();
    for (let i = 1; i <= 5; i++) {
      await models.patchManifest(TINY, ["description"], `edition ${i}`);
      expect((await cache.reload()).find(({ id }) => id === TINY)?.outcome).toBe("loaded");
      await nextTurn();
      await nextTurn();
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect([...load.digests].filter((digest) => digest.startsWith(TINY)).length).toBeGreaterThanOrEqual(5);
  });
});

async function expectKept(id: string, fault: RegExp): Promise<void> {
  const outcome = (await cache.reload()).find((each) => each.id === id);
  expect(outcome?.outcome).toBe("kept");
  expect(lines(outcome?.faults ?? [])[0]).toMatch(fault);
  expect(cache.statuses().find((status) => status.id === id)).toMatchObject({ state: "kept" });
}
