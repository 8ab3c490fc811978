/** Ids of decisions, and how users stand in the log. */
import { createHmac, randomFillSync } from "node:crypto";
import { v7 as uuidv7 } from "uuid";

/** Random bytes drawn at a time: asking the system for 16 costs as much as for 4,096. */
const RANDOM_BYTES = 4_096;
const UUID_BYTES = 16;

/** New UUIDv7: time in the first 48 bits, so that ids sort and the log can be searched by them. */
export function idSource(): () => string {
  const random = Buffer.allocUnsafe(RANDOM_BYTES);
  let used = RANDOM_BYTES;
  return () => {
    if (used === RANDOM_BYTES) {
      randomFillSync(random);
      used = 0;
    }
    used += UUID_BYTES;
    return uuidv7({ random: random.subarray(used - UUID_BYTES, used) });
  };
}

/** The user id as it stands in the log: itself, or a keyed hash that only the holder of the key can link. */
export function pseudonymizer(pepper: string | undefined): (id: string) => string {
  if (pepper === undefined) return (id) => id;
  return (id) => `hmac-sha256:${createHmac("sha256", pepper).update(id).digest("hex")}`;
}
