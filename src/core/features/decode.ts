import type { Feature, FeatureContract } from "../domain/model.ts";

/**
 * A packed row as the named facts that rules ask about: numbers and flags as numbers (the double of
 * the float32 the model sees), categories as their strings. Missing values and categories outside
 * the vocabulary are absent, so a rule about them is false rather than wrong.
 *
 * @example decodeRow(contract, Float32Array.of(6, -1)) // { recency: 6 }
 */
export function decodeRow(contract: FeatureContract, row: Float32Array): Readonly<Record<string, number | string>> {
  const facts: Record<string, number | string> = {};
  for (const feature of contract.features) {
    const fact = decodeValue(feature, row[feature.index] ?? NaN);
    if (fact !== undefined) facts[feature.name] = fact;
  }
  return facts;
}

function decodeValue({ kind, vocabulary }: Feature, value: number): number | string | undefined {
  if (Number.isNaN(value)) return undefined;
  return kind === "categorical" ? vocabulary?.[value] : value;
}
