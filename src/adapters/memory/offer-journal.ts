/**
 * The lines behind the embedded offer histories: what was done, in order.
 *
 *     {"did":"offer","decisionId":"019a…","offer":{"program":"reactivation","action":"voucher_5","channel":"email",
 *      "decidedAtMs":1764057600000,"expiresAtMs":1764144000000},"keepUntilMs":1764147600000,
 *      "subjects":[{"scope":"user","id":"u42"}]}
 *     {"did":"take back","decisionId":"019a…","subjects":[{"scope":"user","id":"u42"}]}
 *     {"did":"forget","subject":{"scope":"user","id":"u42"}}
 *
 * An offer that is there twice counts once, so that a line may also stand in what the file was rewritten from.
 */
import { z } from "zod";
import { Id, Slug } from "../../contract/identifiers.ts";
import type { LineForm } from "./journal.ts";
import { parseJson } from "./parse-json.ts";

/** Ids of 128 and names of 64 characters, and the JSON around them. */
const LINE_BYTES_MAX = 2_048;

const InstantMs = z.int().min(0);
const subject = z.strictObject({ scope: z.enum(["user", "cluster"]), id: Id });
const subjects = z.array(subject).max(2).readonly();

const Line = z.discriminatedUnion("did", [
  z.strictObject({
    did: z.literal("offer"),
    decisionId: z.uuid(),
    offer: z.strictObject({
      program: Slug,
      action: Slug,
      channel: Slug.nullable(),
      decidedAtMs: InstantMs,
      expiresAtMs: InstantMs,
    }),
    keepUntilMs: InstantMs,
    subjects,
  }),
  z.strictObject({ did: z.literal("take back"), decisionId: z.uuid(), subjects }),
  z.strictObject({ did: z.literal("forget"), subject }),
]);
export type OfferLine = z.infer<typeof Line>;

export const OFFER_LINE: LineForm<OfferLine> = {
  bytesMax: LINE_BYTES_MAX,
  parse: (text) => Line.safeParse(parseJson(text)).data ?? null,
  remedy:
    "is not a line of the offer histories: restore the file from a copy, or remove the line and with it what one user was offered",
};

export function offerLine(line: OfferLine): string {
  return `${JSON.stringify(line)}\n`;
}
