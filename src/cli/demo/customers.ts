/** Real customers of the Hillstrom e-mail experiment, by the feature names of the model. */
import { createReadStream } from "node:fs";
import { fileURLToPath } from "node:url";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";
import { z } from "zod";

const FILE = fileURLToPath(new URL("../../../training/data/hillstrom/hillstrom.csv.gz", import.meta.url));
const ROWS = 64_000;
const Row = z.record(z.string(), z.string());

export interface Customer {
  readonly userId: string;
  readonly features: Readonly<Record<string, number | string>>;
}

/** One feature of the model, as `GET /v1/models` publishes it. */
export interface NamedFeature {
  readonly name: string;
  readonly kind: "numeric" | "categorical" | "boolean";
}

/** `count` customers, evenly spaced over the file. */
export async function readCustomers(features: readonly NamedFeature[], count: number): Promise<readonly Customer[]> {
  const every = Math.max(1, Math.floor(ROWS / count));
  const customers: Customer[] = [];
  let line = 0;
  for await (const row of createReadStream(FILE)
    .pipe(createGunzip())
    .pipe(parse({ columns: true }))) {
    line += 1;
    if (line % every !== 0) continue;
    customers.push({ userId: `customer-${line}`, features: featuresOf(Row.parse(row), features) });
    if (customers.length === count) break;
  }
  return customers;
}

function featuresOf(row: Readonly<Record<string, string>>, features: readonly NamedFeature[]): Customer["features"] {
  return Object.fromEntries(
    features.map(({ name, kind }) => {
      const text = row[name] ?? "";
      return [name, kind === "categorical" ? text : Number(text)];
    }),
  );
}
