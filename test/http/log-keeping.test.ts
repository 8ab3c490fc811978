/** What a service makes of the log that the process before it left in DATA_DIR. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { segmentFileName } from "../../src/adapters/file/segment-name.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";
import { startTestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

const OLD = segmentFileName("decisions", Date.UTC(2021, 0, 1), "00000001");
/** After every clock that runs this: retention never takes it. */
const RECENT = segmentFileName("decisions", Date.UTC(2100, 0, 1), "00000002");
const DAMAGED = segmentFileName("decisions", Date.UTC(2100, 0, 2), "00000003");

/** Programs without a budget, and with one whose period has not ended since 2020. */
const BUDGETS = {
  none: "",
  long: "budget: { amount: 1, period: { from: 2020-01-01T00:00:00Z, until: 2200-01-01T00:00:00Z }, reserve: expected }\n",
};

test.each([
  { budget: BUDGETS.none, kept: [] },
  { budget: BUDGETS.long, kept: [OLD, `${OLD}.zst`] },
])(
  "torn tails are cut, segments compressed or put aside, old ones deleted but for $budget",
  async ({ budget, kept }) => {
    const models = await tinyModels();
    const dataDir = await temporaryFolder();
    const log = join(dataDir, "decisions");
    await mkdir(log);
    await writeFile(join(log, OLD), "{}\n");
    await writeFile(join(log, RECENT), '{}\n{"torn');
    await writeFile(join(log, DAMAGED), '{}\n{"half\n{}\n');
    await using service = await startTestService({
      programs: { [TINY_PROGRAM]: TINY_YAML.concat(budget) },
      environment: { MODELS_DIR: models.path, DATA_DIR: dataDir, LOG_RETENTION: "100d" },
    });
    const metrics = await metricsOnceKept(() => service.call("GET", "/metrics"));
    expect(metrics).toContain('liftgate_log_torn_tails_total{log="decisions"} 1');
    expect(metrics).toContain('liftgate_log_damaged_segments{log="decisions"} 1');
    expect(metrics).toContain('liftgate_log_keeper_errors_total{log="decisions"} 0');
    expect(await readdir(log)).toEqual(
      [...kept, `${DAMAGED}.damaged`, RECENT, `${RECENT}.torn`, `${RECENT}.zst`].toSorted(),
    );
    expect(await readFile(join(log, RECENT), "utf8")).toBe("{}\n");
    expect(metrics).toMatch(/liftgate_log_oldest_timestamp_seconds\{log="decisions"\} [1-9]/);
    await models.remove();
  },
);

/** The first pass measures last. */
async function metricsOnceKept(scrape: () => Promise<{ readonly text: string }>): Promise<string> {
  for (;;) {
    const { text } = await scrape();
    if (text.includes('liftgate_log_disk_bytes{log="decisions"}')) return text;
  }
}
