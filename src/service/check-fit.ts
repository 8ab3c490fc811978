/** Whether a program fits the models it routes to: outputs for its actions and heads, one meaning per feature. */
import type { ProgramFile } from "../contract/program-file.ts";
import type { Head } from "../core/domain/model.ts";
import { type ModelReference, NO_OFFER } from "../core/domain/program.ts";
import type { Fault, ModelCatalog } from "../core/ports.ts";

type CatalogModel = NonNullable<ReturnType<ModelCatalog["find"]>>;

/** The distinct models of a program's routes, with the path of the first route to each. */
export interface RoutedModels {
  readonly found: readonly {
    readonly path: string;
    readonly label: string;
    readonly model: CatalogModel;
  }[];
  readonly missing: readonly { readonly path: string; readonly reference: ModelReference }[];
}

export function routedModels(file: ProgramFile, models: ModelCatalog): RoutedModels {
  const labels = file.models.map(({ model }) => model);
  const first = labels.flatMap((label, i) =>
    labels.indexOf(label) === i ? [{ path: `models[${i}].model`, label }] : [],
  );
  const found = first.flatMap(({ path, label }) => {
    const { name, version } = referenceOf(label);
    const model = models.find(name, version);
    return model === undefined ? [] : [{ path, label, model }];
  });
  const missing = first
    .filter(({ label }) => found.every((entry) => entry.label !== label))
    .map(({ path, label }) => ({ path, reference: referenceOf(label) }));
  return { found, missing };
}

/**
 * @example referenceOf("hillstrom-email@1") // { name: "hillstrom-email", version: "1" }
 */
export function referenceOf(label: string): ModelReference {
  const at = label.indexOf("@");
  return { name: label.slice(0, at), version: label.slice(at + 1) };
}

export function checkFit(file: ProgramFile, { found }: RoutedModels): readonly Fault[] {
  return [
    ...found.flatMap(({ label, model }) => [
      ...actionFaults(file, label, model),
      ...headFaults(file, label, model),
      ...replicateFaults(file, label, model),
    ]),
    ...featureFaults(found),
  ];
}

function actionFaults({ actions }: ProgramFile, label: string, { outputs }: CatalogModel): readonly Fault[] {
  return actions.flatMap(({ id }, i) => {
    if (id === NO_OFFER || outputs.actions.includes(id)) return [];
    return [
      {
        path: `actions[${i}].id`,
        rule: `${label} has no output for it; it has ${outputs.actions.join(", ")}`,
      },
    ];
  });
}

function headFaults({ objective }: ProgramFile, label: string, { outputs }: CatalogModel): readonly Fault[] {
  const wanted: readonly { path: string; id: string; kind: Head["kind"] }[] = [
    ...objective.value.map(({ head }, i) => ({
      path: `objective.value[${i}].head`,
      id: head,
      kind: "value" as const,
    })),
    { path: "objective.cost", id: objective.cost, kind: "cost" },
  ];
  return wanted.flatMap(({ path, id, kind }) => {
    const ofKind = outputs.heads.filter((head) => head.kind === kind).map((head) => head.id);
    return ofKind.includes(id)
      ? []
      : [{ path, rule: `${label} has no ${kind} head of this name; it has ${ofKind.join(", ")}` }];
  });
}

/** Thompson sampling draws from the spread of the replicates: one of them has none, and would be greedy unasked. */
function replicateFaults({ exploration }: ProgramFile, label: string, { outputs }: CatalogModel): readonly Fault[] {
  if (exploration.strategy !== "thompson" || outputs.replicates >= 2) return [];
  const rule = `thompson needs a model with 2 bootstrap replicates or more, and ${label} has ${outputs.replicates}: export one with replicates, or name another strategy`;
  return [{ path: "exploration.strategy", rule }];
}

/**
 * A user has one value per feature name and one stored row per feature set, so models of one program
 * must agree on what a name is and on the set's contract.
 */
function featureFaults(found: RoutedModels["found"]): readonly Fault[] {
  const kinds = new Map<string, { kind: string; label: string }>();
  const sets = new Map<string, { digest: string; label: string }>();
  const faults: Fault[] = [];
  for (const { path, label, model } of found) {
    const { contract } = model;
    const same = sets.get(contract.set) ?? { digest: contract.digest, label };
    sets.set(contract.set, same);
    if (same.digest !== contract.digest) {
      faults.push({
        path,
        rule: `${label} and ${same.label} read the feature set ${contract.set} under different contracts`,
      });
    }
    for (const feature of contract.features) {
      const kind = feature.kind === "categorical" ? "text" : "a number";
      const earlier = kinds.get(feature.name) ?? { kind, label };
      kinds.set(feature.name, earlier);
      if (earlier.kind === kind) continue;
      faults.push({
        path,
        rule: `feature ${feature.name} is ${kind} in ${label} and ${earlier.kind} in ${earlier.label}`,
      });
    }
  }
  return faults;
}
