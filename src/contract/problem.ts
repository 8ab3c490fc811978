/** Every error body: RFC 9457 problem details with a code from the error table. */
import { z } from "zod";
import { ERROR_CODES } from "../core/errors.ts";

export const Problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(ERROR_CODES),
    detail: z.string().optional(),
    errors: z.array(z.strictObject({ path: z.string(), rule: z.string() })).optional(),
    fallback: z.strictObject({ action: z.literal("no_offer") }).optional(),
  })
  .meta({
    id: "Problem",
    examples: [
      {
        type: "about:blank",
        title: "The request does not match its schema",
        status: 400,
        code: "invalid_request",
        errors: [{ path: "userId", rule: "Invalid input: expected string, received undefined" }],
      },
    ],
  });
export type Problem = z.infer<typeof Problem>;
