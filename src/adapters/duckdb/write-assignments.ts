import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { NO_ACTION } from "../../core/allocation/candidates.ts";
import type { CandidateScratch } from "./candidate-scratch.ts";
import { COPY_OPTIONS, formatOf, quoted } from "./file-format.ts";
import type { Workspace } from "./workspace.ts";

const MICROS = 1e6;

export interface Assigned {
  readonly scratch: CandidateScratch;
  readonly actions: readonly string[];
  /** Of every user of the scratch, in its order. */
  readonly assignment: Int16Array;
}

/**
 * Writes who is offered what (userId, action, value, cost), in the format of the file's name; users without an
 * offer are not in it. The file is there whole, or not at all.
 */
export async function writeAssignments(workspace: Workspace, path: string, assigned: Assigned): Promise<void> {
  const format = formatOf(path);
  const rows = join(workspace.folder, "assignments.csv");
  await writeRows(rows, assigned);
  const unfinished = `${path}.unfinished`;
  try {
    await workspace.connection.run(
      `COPY (SELECT * FROM read_csv(${quoted(rows)}, header = true, columns = ${COLUMN_TYPES}))
       TO ${quoted(unfinished)} (${COPY_OPTIONS[format]})`,
    );
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
    await rm(rows, { force: true });
  }
}

const COLUMN_TYPES = "{userId: 'VARCHAR', action: 'VARCHAR', value: 'DOUBLE', cost: 'DOUBLE'}";

/** Ids and actions hold nothing that CSV would have to quote. */
async function writeRows(path: string, { scratch, actions, assignment }: Assigned): Promise<void> {
  const file = createWriteStream(path);
  file.write("userId,action,value,cost\n");
  let first = 0;
  for (const { userIds, block } of scratch.withIds()) {
    const lines: string[] = [];
    for (let user = 0; user < block.users; user++) {
      const assigned = assignment[first + user] as number;
      if (assigned === NO_ACTION) continue;
      const option = block.action.indexOf(assigned, block.offsets[user]);
      const value = (block.valueMicros[option] as number) / MICROS;
      const cost = (block.costMicros[option] as number) / MICROS;
      lines.push(`${userIds[user] as string},${actions[assigned] as string},${value},${cost}\n`);
    }
    first += block.users;
    if (!file.write(lines.join(""))) await once(file, "drain");
  }
  file.end();
  await finished(file);
}
