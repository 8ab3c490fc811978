/** A program that decides for a share of another version's units: checked with it, whole or not at all. */
import type { CanaryText } from "../contract/canary-file.ts";
import type { ProgramFile, ProgramText } from "../contract/program-file.ts";
import type { Program } from "../core/domain/program.ts";
import type { Fault, Opened } from "../core/ports.ts";
import { type Compilers, compileProgram } from "./compile-program.ts";

export interface Canary {
  readonly program: Program;
  /** Of the units, in (0, 1). */
  readonly share: number;
}

/** @param incumbent the program whose other units it leaves alone */
export function compileCanary(
  opened: Opened<CanaryText>,
  incumbent: ProgramText,
  compilers: Compilers,
): Opened<Canary> {
  if (!opened.ok) return { ok: false, faults: opened.faults.map(inCanary) };
  const { share, text } = opened.value;
  const compiled = compileProgram(text, compilers);
  const faults = [...canaryFaults(text, incumbent), ...(compiled.ok ? [] : compiled.faults)];
  if (!compiled.ok || faults.length > 0) return { ok: false, faults: faults.map(inCanary) };
  return { ok: true, value: { program: compiled.value, share } };
}

/**
 * Both draw on one budget, count one another's offers, set the same units aside and answer for the same windows:
 * what is said of these must be one.
 */
const SHARED = [
  "state",
  "currency",
  "randomizationUnit",
  "budget",
  "caps",
  "cooldowns",
  "holdout",
  "evaluation",
  "stickiness",
  "offerTtl",
] as const satisfies readonly (keyof ProgramFile)[];

/** Why a program cannot be the canary of another one; for a promotion and at every load. */
export function canaryFaults({ id, file }: ProgramText, incumbent: ProgramText): readonly Fault[] {
  const faults: Fault[] = SHARED.filter((field) => !same(file[field], incumbent.file[field])).map((field) => ({
    path: field,
    rule: `must be as in version ${incumbent.file.version} of ${id}, whose units it shares`,
  }));
  if (file.state !== "live") faults.push({ path: "state", rule: "must be live: a canary is served" });
  if (!same(file.actions.map(placeOf), incumbent.file.actions.map(placeOf))) {
    const rule = `must have the ids, channels and order of version ${incumbent.file.version}: they share what is learned of costs`;
    faults.push({ path: "actions", rule });
  }
  if (file.version <= incumbent.file.version) {
    faults.push({ path: "version", rule: `must be over ${incumbent.file.version}, the version it may replace` });
  }
  return faults;
}

function placeOf({ id, channel }: ProgramFile["actions"][number]) {
  return [id, channel ?? null];
}

/** Parsed values: their keys stand in the order of the form. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function inCanary({ path, rule }: Fault): Fault {
  return { path: path === "" ? "canary" : `canary.${path}`, rule };
}
