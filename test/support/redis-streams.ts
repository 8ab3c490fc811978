import type { Redis } from "ioredis";
import type { LogKind, ShippedRecord } from "../../src/core/shipping-ports.ts";

/** The records a stream has, in its order. */
export async function streamed(redis: Redis, stream: string, kind: LogKind): Promise<readonly ShippedRecord[]> {
  return (await redis.xrange(stream, "-", "+")).map(([, fields]) => {
    const [, id = "", , decisionId = "", , schema = "", , line = ""] = fields;
    return { kind, id, decisionId, schema, line };
  });
}
