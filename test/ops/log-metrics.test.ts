import { pino } from "pino";
import { expect, test } from "vitest";
import { tellLog } from "../../src/ops/log-metrics.ts";
import { createMetrics } from "../../src/ops/metrics.ts";

function told(...logs: readonly string[]) {
  const lines: string[] = [];
  const { logs: metrics, registry } = createMetrics();
  const logger = pino({}, { write: (line) => void lines.push(line) });
  return { tells: logs.map((log) => tellLog(log, { metrics, logger })), text: () => registry.metrics(), lines };
}

test("each log has series of its own, from the start on", async () => {
  const { tells, text } = told("decisions", "outcomes");
  tells[0]?.wrote({ bytes: 10 });
  tells[0]?.queued(5);
  tells[1]?.failed(new Error("EIO"), 3);
  const metrics = await text();
  expect(metrics).toMatch(/^liftgate_log_bytes_total\{log="decisions"\} 10$/m);
  expect(metrics).toMatch(/^liftgate_log_bytes_total\{log="outcomes"\} 0$/m);
  expect(metrics).toMatch(/^liftgate_log_queue_bytes\{log="decisions"\} 5$/m);
  expect(metrics).toMatch(/^liftgate_log_queue_bytes\{log="outcomes"\} 0$/m);
  expect(metrics).toMatch(/^liftgate_log_errors_total\{log="outcomes"\} 1$/m);
});

test("what is on the disk is told in bytes and seconds, and no age where there is nothing", async () => {
  const { tells, text } = told("decisions");
  tells[0]?.measured({ bytes: 7, oldestMs: 1_700_000_000_000, damaged: 2 });
  expect(await text()).toMatch(/^liftgate_log_oldest_timestamp_seconds\{log="decisions"\} 1700000000$/m);
  expect(await text()).toMatch(/^liftgate_log_damaged_segments\{log="decisions"\} 2$/m);
  tells[0]?.measured({ bytes: 0, oldestMs: null, damaged: 0 });
  expect(await text()).not.toMatch(/^liftgate_log_oldest_timestamp_seconds\{/m);
  expect(await text()).toMatch(/^liftgate_log_disk_bytes\{log="decisions"\} 0$/m);
});

test("operators read of what was cut off, put aside and deleted, by file", () => {
  const { tells, lines } = told("decisions");
  tells[0]?.cutOff({ path: "/d/a.ndjson", bytes: 6 });
  tells[0]?.sealed("/d/b.ndjson", { kind: "damaged" });
  tells[0]?.sealed("/d/c.ndjson", { kind: "copied" });
  tells[0]?.deleted("/d/d.ndjson");
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    { level: 40, log: "decisions", path: "/d/a.ndjson", bytes: 6, msg: "torn tail cut off" },
    { level: 50, path: "/d/b.ndjson", msg: "damaged segment put aside" },
    { level: 30, path: "/d/d.ndjson" },
  ]);
});
