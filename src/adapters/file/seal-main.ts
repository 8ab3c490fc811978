/** The worker's side: one segment, and its fate as the only message. */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../core/errors.ts";
import { sealSegment } from "./seal-segment.ts";

/** Behind decisions where they share a core. Elsewhere than on Linux it would be the whole process. */
const PRIORITY = 10;

const port = parentPort;
const path: unknown = workerData;
invariant(port !== null && typeof path === "string", "expected to run in a worker, with a path");
if (process.platform === "linux") setPriority(0, PRIORITY);
port.postMessage(await sealSegment(path));
