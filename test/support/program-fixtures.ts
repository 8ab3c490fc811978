/** A small valid program file and the models it fits, to be broken one way at a time. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Feature } from "../../src/core/domain/model.ts";
import type { ModelCatalog } from "../../src/core/ports.ts";

export const PROGRAM_YAML = `program: spring-mail
version: 1
state: live
randomizationUnit: user
currency: EUR
actions:
  - { id: mail, channel: email, fixedCost: 0.01, maxCost: 2.00 }
  - { id: no_offer }
  - { id: voucher, channel: app, fixedCost: 0 }
models:
  - { when: 'features.tenure >= 12.0', model: loyal@2 }
  - { model: newcomer@1 }
objective:
  maximize: profit
  value: [{ head: visit, valuePerUnit: 3.00, discount: 0.5 }]
  cost: incentive
eligibility: '!has(features.region) || features.region != "closed"'
exploration: { strategy: inverse-gap, gamma: 100 }
features: { maxAge: 24h, coldStart: no_offer }
`;

type CatalogModel = NonNullable<ReturnType<ModelCatalog["find"]>>;

export function feature(name: string, kind: Feature["kind"] = "numeric"): Feature {
  const categorical = kind === "categorical";
  return {
    index: 0,
    name,
    kind,
    source: "store",
    onMissing: "nan",
    default: null,
    min: categorical ? null : 0,
    max: categorical ? null : 100,
    vocabulary: categorical ? ["open", "closed"] : null,
    unknownCode: categorical ? -1 : null,
  };
}

export function catalogModel(
  label: string,
  changes: { readonly features?: readonly Feature[]; readonly actions?: readonly string[] } = {},
): CatalogModel {
  const [name = "", version = ""] = label.split("@");
  return {
    name,
    version,
    outputs: {
      actions: changes.actions ?? ["mail", "voucher"],
      heads: [
        { id: "visit", kind: "value" },
        { id: "spend", kind: "value" },
        { id: "incentive", kind: "cost" },
        { id: "visit_baseline", kind: "baseline" },
      ],
      replicates: 1,
      calibration: {},
    },
    contract: {
      set: name,
      digest: `sha256:${name}`,
      features: changes.features ?? [feature("tenure"), feature("region", "categorical")],
    },
  };
}

export function catalogOf(...models: readonly CatalogModel[]): ModelCatalog {
  return {
    find: (name, version) => models.find((model) => model.name === name && model.version === version),
  };
}

/** Both models of `PROGRAM_YAML`. */
export const CATALOG = catalogOf(catalogModel("loyal@2"), catalogModel("newcomer@1"));

/** An empty folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "liftgate-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
