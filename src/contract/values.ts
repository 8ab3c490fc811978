/** Pieces that several HTTP bodies share. */
import { z } from "zod";
import { CONTEXT_KEYS_MAX, CONTEXT_VALUE_LENGTH_MAX, FEATURES_MAX } from "./limits.ts";

export const Name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, "a name of letters, digits and _, at most 64");
export const Money = z.number().describe("Amount in the program's currency");
export const Probability = z.number().min(0).max(1);

const ContextValue = z.union([z.string().max(CONTEXT_VALUE_LENGTH_MAX), z.number(), z.boolean()]);
export const Context = z
  .record(Name, ContextValue)
  .refine((context) => Object.keys(context).length <= CONTEXT_KEYS_MAX, `at most ${CONTEXT_KEYS_MAX} entries`)
  .describe("What the caller knows of the moment; rules may ask about it, and it is logged");

const FeatureValue = z.union([z.number(), z.string().max(CONTEXT_VALUE_LENGTH_MAX), z.boolean(), z.null()]);
export const FeatureValues = z
  .record(Name, FeatureValue)
  .refine((values) => Object.keys(values).length <= FEATURES_MAX, `at most ${FEATURES_MAX} features`)
  .describe("Named feature values; null is missing, categories are their strings");
