/** What an export is told on the command line. */
import { existsSync } from "node:fs";
import { InvalidArgumentError, Option } from "commander";
import { DurationText, durationMs, Instant } from "../../contract/identifiers.ts";
import { DSJSON } from "../../service/export/dsjson.ts";
import { flatTable } from "../../service/export/flat-table.ts";
import type { Format } from "../../service/export/format.ts";
import type { Reward } from "../../service/export/joined-decision.ts";
import { obpFolder } from "../../service/export/obp-folder.ts";
import { type TrainingArms, trainingTable } from "../../service/export/training-table.ts";

export const TARGETS = ["dsjson", "parquet", "obp", "training"] as const;
export type Target = (typeof TARGETS)[number];

export interface ExportOptions {
  readonly to: Target;
  readonly out: string;
  readonly decisions?: readonly string[];
  readonly outcomes?: readonly string[];
  /** In ms. */
  readonly window: number;
  readonly program?: string;
  /** In ms since 1970. */
  readonly from?: number;
  readonly until?: number;
  readonly reward: Reward;
  readonly exposures?: "reported" | "assumed";
  readonly arms?: TrainingArms;
}

/** What each target makes, and whether decisions of several programs make sense in it. */
export const FORMATS = {
  dsjson: { make: () => DSJSON, made: "lines", programs: "any" },
  parquet: { make: flatTable, made: "tables", programs: "any" },
  obp: { make: obpFolder, made: "tables", programs: "one" },
  training: { make: ({ arms = "evaluation" }) => trainingTable(arms), made: "tables", programs: "one" },
} as const satisfies Readonly<
  Record<
    Target,
    {
      readonly make: (options: ExportOptions) => Format;
      readonly made: "lines" | "tables";
      readonly programs: "one" | "any";
    }
  >
>;

/** What options say together that makes no sense; null where they do. */
export function misuseOf({ to, out, from, until, arms }: ExportOptions): string | null {
  if (to === "parquet" && !out.endsWith(".parquet")) return "--to parquet: --out must end in .parquet";
  if (to === "training" && !/\.(?:csv|ndjson|jsonl|parquet)$/.test(out)) {
    return "--to training: --out must end in .csv, .ndjson, .jsonl or .parquet";
  }
  if (to === "obp" && existsSync(out)) return "--to obp: --out is a folder that must not exist yet";
  if (to !== "training" && arms !== undefined) return "--arms is for --to training";
  if (from !== undefined && until !== undefined && from >= until) return "--from must be before --until";
  return null;
}

/** An option in ms that is told, and shown where it is not, as `30d`. */
export function durationOption(flags: string, description: string, preset: string): Option {
  return new Option(flags, description).argParser(duration).default(duration(preset), preset);
}

/** `30d` in ms. */
function duration(text: string): number {
  if (!DurationText.safeParse(text).success) throw new InvalidArgumentError("must be a duration such as 30d or 12h.");
  return durationMs(text);
}

/** An instant in ms since 1970. */
export function instant(text: string): number {
  if (!Instant.safeParse(text).success) {
    throw new InvalidArgumentError("must be an instant such as 2026-11-21T00:00:00Z.");
  }
  return Date.parse(text);
}
