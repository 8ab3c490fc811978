/** Reading the logs that a command is given, with a progress bar on a terminal. */
import { Presets, SingleBar } from "cli-progress";
import type { ReadLog } from "../compose/export.ts";

/** Faults told in full; the rest is counted. */
const FAULTS_SHOWN_MAX = 20;

export interface OutcomesRead {
  readonly outcomes: number;
  readonly torn: number;
  readonly faulty: number;
  /** Where, and what is wrong; the first ones. */
  readonly faults: readonly string[];
}

/** Where outcomes go. */
interface OutcomesPlace {
  readonly outcomes: ReadLog;
  readonly store: { add(line: object, text: string): string | null; seal(): Promise<void> };
}

/** All outcomes into their store, unless the signal ends it. */
export async function readOutcomes({ outcomes, store }: OutcomesPlace, signal?: AbortSignal): Promise<OutcomesRead> {
  const read = { outcomes: 0, torn: 0, faulty: 0, faults: [] as string[] };
  await withProgress("reading outcomes", outcomes, async (lines) => {
    for await (const entry of lines) {
      if (signal?.aborted === true) return;
      if (entry.kind === "torn") {
        read.torn += 1;
        continue;
      }
      const fault = entry.kind === "corrupt" ? entry.rule : store.add(entry.record, entry.text);
      if (fault === null) {
        read.outcomes += 1;
        continue;
      }
      read.faulty += 1;
      if (read.faults.length < FAULTS_SHOWN_MAX) read.faults.push(`${entry.path}:${entry.line}: ${fault}`);
    }
    await store.seal();
  });
  return read;
}

/** With a progress bar on a terminal. */
export async function withProgress<T>(
  doing: string,
  log: ReadLog,
  work: (lines: ReturnType<ReadLog>) => Promise<T>,
): Promise<T> {
  const bar = new SingleBar(
    { format: `${doing} {bar} {percentage}% of {total} bytes`, clearOnComplete: true },
    Presets.legacy,
  );
  let started = false;
  const lines = log(({ bytesRead, bytesTotal }) => {
    if (!started) bar.start(bytesTotal, 0);
    started = true;
    bar.update(bytesRead);
  });
  try {
    return await work(lines);
  } finally {
    bar.stop();
  }
}
