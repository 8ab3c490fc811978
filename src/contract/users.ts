/** `DELETE /v1/users/{userId}`. */
import { z } from "zod";
import { Id } from "./identifiers.ts";

export const ForgetAnswer = z
  .strictObject({ forgotten: Id.describe("The user of whom nothing is stored any more") })
  .meta({ id: "ForgetAnswer", examples: [{ forgotten: "u42" }] });
