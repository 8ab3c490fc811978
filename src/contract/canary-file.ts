/**
 * `programs/<id>.canary.yaml`: which program, of those kept in `programs/.rollout`, decides for which share of the
 * units. The program itself stands elsewhere, so that its bytes, and with them its digest, are those that were
 * evaluated and will be promoted.
 */
import { z } from "zod";
import { Digest, Slug } from "./identifiers.ts";
import type { ProgramText } from "./program-file.ts";

export const CanaryFile = z.strictObject({
  canary: Slug.describe("The program's id"),
  version: z.int().min(1),
  digest: Digest,
  share: z.number().gt(0).lt(1).describe("Of the units"),
});
type CanaryFile = z.infer<typeof CanaryFile>;

/** A canary that was read, with the program it names. */
export interface CanaryText {
  readonly share: CanaryFile["share"];
  readonly text: ProgramText;
}
