/** Tables of lines of JSON: every column typed, rows in the order of the lines. */
import { rmSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TableColumn, Tables } from "../../core/export-ports.ts";
import { COPY_OPTIONS, formatOf, quoted, quotedName } from "./file-format.ts";
import type { Workspace } from "./workspace.ts";

/** Makes the file or the folder `out`, in the format of the table's name: it is there whole, or not at all. */
export async function makeTables(
  { connection }: Workspace,
  lines: string,
  { out, tables }: { readonly out: string; readonly tables: Tables },
): Promise<void> {
  const { table, texts } = tables;
  const format = formatOf(table.path === "" ? out : table.path);
  const unfinished = `${out}.unfinished`;
  const remove = () => rmSync(unfinished, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    await rm(unfinished, { recursive: true, force: true });
    for (const { path, text } of texts) {
      await mkdir(dirname(join(unfinished, path)), { recursive: true });
      await writeFile(join(unfinished, path), text);
    }
    await connection.run("SET preserve_insertion_order = true");
    const target = table.path === "" ? unfinished : join(unfinished, table.path);
    await connection.run(`COPY (${selectFrom(lines, table.columns)}) TO ${quoted(target)} (${COPY_OPTIONS[format]})`);
    await rename(unfinished, out);
  } finally {
    remove();
    process.off("exit", remove);
  }
}

function selectFrom(lines: string, columns: readonly TableColumn[]): string {
  const names = columns.map(({ name, inside }) =>
    inside === undefined
      ? quotedName(name)
      : `${quotedName(inside.object)}[${quoted(inside.key)}] AS ${quotedName(name)}`,
  );
  const types = [...typesOf(columns)].map(([name, type]) => `${quoted(name)}: ${quoted(type)}`);
  return `SELECT ${names.join(", ")} FROM read_json(${quoted(lines)}, format = 'newline_delimited', columns = {${types.join(", ")}})`;
}

/** The values of a line by name, as DuckDB is to read them: an object as a STRUCT of what is asked for of it. */
function typesOf(columns: readonly TableColumn[]): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  const objects = new Map<string, string[]>();
  for (const { name, type, inside } of columns) {
    if (inside === undefined) types.set(name, type);
    else objects.set(inside.object, [...(objects.get(inside.object) ?? []), `${quotedName(inside.key)} ${type}`]);
  }
  for (const [object, fields] of objects) types.set(object, `STRUCT(${fields.join(", ")})`);
  return types;
}
