/** One command that changes offer histories, reads rows and histories, and takes places in them. */
import type { Redis } from "ioredis";
import { PLACES_KEY } from "./history-entry.ts";
import { PackedReplies } from "./packed-replies.ts";
import { Script } from "./script.ts";
import { TURN_SCRIPT } from "./turn-script.ts";

/** Rows to read. Lists side by side, here and below: an object for each would be made for every decision. */
export interface RowCalls {
  readonly keys: readonly string[];
  /** Of each, beyond how many bytes it is of no use; at least 1. */
  readonly bytesMax: readonly number[];
}

/** The first bytes of the value; none where there is no value; null where the key holds another type. */
export type Row = Buffer | null;

export interface HistoryCalls {
  /** For each, the name of its subject and, with a space before it, the line of the place to take, if any. */
  readonly asked: readonly string[];
  /** When they are taken, in milliseconds since 1970; 0 where none is. */
  readonly atMs: number;
}

/**
 * The lines of offers and places, as they were before the place was taken; null where Redis holds another type, or
 * more than a history has; as an error what Redis said when it refused.
 */
export type HistoryReply = string | Error | null;

export interface TurnCalls {
  /** What became of decisions. */
  readonly changes: readonly string[];
  readonly rows: RowCalls;
  readonly histories: HistoryCalls;
}

export interface TurnReplies {
  /** What Redis said when it refused a change; null when it took them all. */
  readonly refusal: Error | null;
  readonly rows: readonly Row[];
  readonly histories: readonly HistoryReply[];
}

const TURN = new Script(TURN_SCRIPT);

export async function runTurn(redis: Redis, { changes, rows, histories }: TurnCalls): Promise<TurnReplies> {
  const lasts = rows.bytesMax.map((bytes) => bytes - 1).join(" ");
  const lists = [linesOf(changes), lasts, linesOf(histories.asked), histories.atMs];
  const replies = new PackedReplies(await TURN.runForBytes(redis, [PLACES_KEY, ...rows.keys], ...lists));
  return {
    refusal: replies.error(),
    rows: rows.keys.map(() => replies.bytes()),
    histories: histories.asked.map(() => replies.text()),
  };
}

function linesOf(texts: readonly string[]): string {
  return texts.length === 0 ? "" : `${texts.join("\n")}\n`;
}
