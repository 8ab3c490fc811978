/** Programs as policies: for evaluations, which need no service. */
import { compileRule } from "../adapters/cel/compile-rule.ts";
import { readAnyProgram } from "../adapters/file/read-program.ts";
import { ModelFolder } from "../adapters/onnx/model-folder.ts";
import { TemporalCalendar } from "../adapters/temporal/calendar.ts";
import { LiftgateError } from "../core/errors.ts";
import type { UpliftModel } from "../core/ports.ts";
import { referenceOf } from "../service/check-fit.ts";
import { compileProgram } from "../service/compile-program.ts";
import { PolicyProgram } from "../service/evaluation/policy-program.ts";

export interface OpenPolicy {
  readonly policy: PolicyProgram;
  readonly models: readonly UpliftModel[];
  close(): Promise<void>;
}

/**
 * The program in a file, compiled as a loaded one is, with the models it routes to.
 *
 * @throws LiftgateError `invalid_request` with every fault of the file; of a model that cannot be opened
 */
export async function openPolicy(path: string, modelsDir: string): Promise<OpenPolicy> {
  const text = await readAnyProgram(path);
  if (!text.ok) throw refused(path, text.faults);
  const folder = new ModelFolder({ directory: modelsDir, now: Date.now });
  const models = new Map<string, UpliftModel>();
  const faults: Fault[] = [];
  for (const label of new Set(text.value.file.models.map(({ model }) => model))) {
    const { name, version } = referenceOf(label);
    const opened = await folder.open(`${name}/${version}`);
    if (opened.ok) models.set(label, opened.value);
    else faults.push(...opened.faults.map((fault) => ({ path: `model ${label}: ${fault.path}`, rule: fault.rule })));
  }
  const close = async () => {
    for (const model of models.values()) await model.release();
  };
  const find = (name: string, version: string) => models.get(`${name}@${version}`);
  const compiled = compileProgram(text.value, { models: { find }, compileRule, calendar: new TemporalCalendar() });
  if (compiled.ok) return { policy: new PolicyProgram(compiled.value, models), models: [...models.values()], close };
  await close();
  throw refused(path, [...compiled.faults, ...faults]);
}

interface Fault {
  readonly path: string;
  readonly rule: string;
}

function refused(path: string, faults: readonly Fault[]): LiftgateError {
  const said = faults.map((fault) => `${fault.path === "" ? "" : `${fault.path}: `}${fault.rule}`).join("; ");
  return new LiftgateError("invalid_request", `${path}: ${said}`, faults);
}
