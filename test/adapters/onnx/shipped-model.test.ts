/** The model this repository ships, through the loader, against the training library's own outputs. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BATCH_ROWS_MAX } from "../../../src/adapters/onnx/batched-session.ts";
import { ModelFolder } from "../../../src/adapters/onnx/model-folder.ts";
import { Golden } from "../../../src/contract/manifest.ts";
import { completeRow, encodeRow } from "../../../src/core/features/encode.ts";
import { decodeRow } from "../../../src/core/features/decode.ts";
import type { UpliftModel } from "../../../src/core/ports.ts";
import { faultLines, SHIPPED, SHIPPED_DIRECTORY } from "../../support/model-folders.ts";

let model: UpliftModel;
let golden: Golden;
const batches: number[] = [];

beforeAll(async () => {
  const opened = await new ModelFolder({
    directory: SHIPPED_DIRECTORY,
    now: Date.now,
    onBatch: (_, rows) => void batches.push(rows),
  }).open(SHIPPED);
  if (!opened.ok) throw new Error(faultLines(opened).join("\n"));
  model = opened.value;
  golden = Golden.parse(JSON.parse(await readFile(path.join(SHIPPED_DIRECTORY, SHIPPED, "golden.json"), "utf8")));
});

afterAll(async () => {
  await model.release();
});

function rowsOf(): readonly Float32Array[] {
  return golden.rows.map(({ raw }) => completeRow(model.contract, encodeRow(model.contract, raw).values).values);
}

/** The value and cost outputs of one row, one list per head. */
async function outputsOf(row: Float32Array): Promise<Readonly<Record<string, readonly number[]>>> {
  const raw = await model.score(row);
  const size = model.outputs.actions.length * model.outputs.replicates;
  return Object.fromEntries(
    Object.entries(raw.heads).map(([head, flat]) => [head, [...flat.subarray(raw.row * size, (raw.row + 1) * size)]]),
  );
}

describe("the shipped model", () => {
  it("scores the golden rows within 1e-5 of the library that trained it", async () => {
    for (const [i, row] of rowsOf().entries()) {
      const outputs = await outputsOf(row);
      expect(Object.keys(outputs).length).toBeGreaterThanOrEqual(2);
      for (const [head, values] of Object.entries(outputs)) {
        const expected = golden.rows[i]?.outputs[head];
        if (!Array.isArray(expected)) throw new Error(`golden row ${i} has no head ${head}`);
        expect(values.length).toBe(expected.flat().length);
        expected.flat().forEach((value, at) => {
          const gap = Math.abs((values[at] ?? NaN) - value);
          expect(gap, `row ${i} ${head}[${at}]`).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)));
        });
      }
    }
  });

  it("gives a row the same bits alone and in a batch", async () => {
    const rows = rowsOf().slice(0, BATCH_ROWS_MAX);
    const alone = [];
    for (const row of rows) alone.push(await outputsOf(row));
    batches.length = 0;
    const together = await Promise.all(rows.map(outputsOf));
    expect(batches).toEqual([rows.length]);
    expect(together).toStrictEqual(alone);
  });

  it("reads its golden rows back as the facts they were made from", () => {
    for (const { raw, encoded } of golden.rows) {
      const facts = decodeRow(
        model.contract,
        Float32Array.from(encoded, (value) => value ?? NaN),
      );
      for (const { name, kind, vocabulary } of model.contract.features) {
        const given = raw[name] ?? null;
        const known =
          kind === "categorical" && typeof given === "string" && !vocabulary?.includes(given) ? null : given;
        expect(facts[name]).toBe(
          known === null ? undefined : typeof known === "string" ? known : Math.fround(Number(known)),
        );
      }
    }
  });
});
