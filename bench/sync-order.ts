/**
 * What `DURABILITY=power` asks of the system, by strace: for every decision, whether the write of its record and then
 * the fdatasync of the same segment had returned before the first byte of its answer was handed to a socket. With
 * `process` the writes are first and nothing is synced, so that the same look can fail.
 *
 *     node bench/sync-order.ts [--callers 40] [--each 100]
 *
 * It needs strace. Exit code 1 when one answer came too early.
 */
import { parseArgs } from "node:util";
import { traceDecisions, tracingFault } from "../test/support/system-calls.ts";

const { values } = parseArgs({
  options: { callers: { type: "string", default: "40" }, each: { type: "string", default: "100" } },
});
const load = { callers: Number(values.callers), each: Number(values.each) };

const fault = tracingFault();
if (fault !== null) throw new Error(fault);
for (const durability of ["power", "process"]) {
  console.error(`${durability}: tracing ${load.callers * load.each} decisions`);
  const order = await traceDecisions(durability, load);
  console.log(JSON.stringify({ durability, ...order }));
  const isRight = order.writtenFirst === order.told && order.syncedFirst === (durability === "power" ? order.told : 0);
  if (!isRight) process.exitCode = 1;
}
