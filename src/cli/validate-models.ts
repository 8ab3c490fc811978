import type { Fault, ModelSource } from "../core/ports.ts";

export interface ModelValidation {
  /** `<name>/<version>`. */
  readonly folder: string;
  readonly digest: string | null;
  readonly faults: readonly Fault[];
}

export interface ModelsReport {
  /** True when every folder was opened; true also when there is none. */
  readonly valid: boolean;
  readonly models: readonly ModelValidation[];
}

/**
 * Opens every model as the service would, and closes it again.
 *
 * @param onChecked told after each folder, for progress
 */
export async function validateModels(
  source: ModelSource,
  onChecked: (validation: ModelValidation) => void = () => undefined,
): Promise<ModelsReport> {
  const models: ModelValidation[] = [];
  for (const folder of await source.list()) {
    const validation = await validateModel(source, folder);
    models.push(validation);
    onChecked(validation);
  }
  return { valid: models.every(({ faults }) => faults.length === 0), models };
}

async function validateModel(source: ModelSource, folder: string): Promise<ModelValidation> {
  const opened = await source.open(folder);
  if (!opened.ok) return { folder, digest: await source.digestOf(folder), faults: opened.faults };
  const { digest } = opened.value;
  await opened.value.release();
  return { folder, digest, faults: [] };
}
