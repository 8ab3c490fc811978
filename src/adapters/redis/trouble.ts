/**
 * Why Redis did not do what was asked, as one word or code that is safe to show: ioredis errors carry
 * the command and its arguments, AUTH and its password included, so neither they nor their messages
 * may reach a log or a caller.
 */
export class RedisTrouble extends Error {
  /** Whether the server answered and only refused this one command: it is not down. */
  readonly refused: boolean;

  constructor(reason: string, standing: "refused" | "unavailable") {
    super(reason);
    this.name = "RedisTrouble";
    this.refused = standing === "refused";
  }
}

/** Error replies that say the server cannot serve anyone now. Every other reply is about one command. */
const UNAVAILABLE_REPLIES: ReadonlySet<string> = new Set([
  "BUSY",
  "CLUSTERDOWN",
  "LOADING",
  "MASTERDOWN",
  "NOAUTH",
  "NOPERM",
  "WRONGPASS",
]);

/** The first word of an error reply, such as `WRONGTYPE` or `OOM`; undefined when it is not a reply. */
function replyCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== "ReplyError") return undefined;
  return /^[A-Z]{3,32}\b/.exec(error.message)?.[0] ?? "ERR";
}

/** Names the trouble, if it is not yet named, without a word of what was sent. */
export function troubleOf(error: unknown): RedisTrouble {
  if (error instanceof RedisTrouble) return error;
  const code = replyCode(error);
  if (code !== undefined) {
    return new RedisTrouble(`Redis replied ${code}`, UNAVAILABLE_REPLIES.has(code) ? "unavailable" : "refused");
  }
  return new RedisTrouble(connectionReason(error), "unavailable");
}

function connectionReason(error: unknown): string {
  if (!(error instanceof Error)) return "Redis failed";
  if ("code" in error && typeof error.code === "string" && /^[A-Z0-9_]{3,64}$/.test(error.code)) return error.code;
  if (error.message === "Command timed out" || error.message.startsWith("Socket timeout")) return "no answer in time";
  return "no connection";
}
