import type { Offer } from "./offer.ts";
import type { WindowRule } from "./period.ts";

/** Why a cap closes an action: two of the exclusions. */
export type CapReason = "cap_reached" | "cooldown";

/**
 * At most `max` offers of a kind within a window. A cooldown is one as well: at most one offer within
 * the last so many milliseconds.
 */
export interface Cap {
  readonly reason: CapReason;
  /** Whose offers are counted. */
  readonly scope: "user" | "cluster";
  /** Of which program, action and channel; null: of every. Also the actions that it closes. */
  readonly program: string | null;
  readonly action: string | null;
  readonly channel: string | null;
  /** 1 to `CAP_MAX`. */
  readonly max: number;
  readonly window: WindowRule;
}

/** A cap at one moment: fewer than `cap.max` of the offers it counts may have been decided after `afterMs`. */
export interface Condition {
  readonly cap: Cap;
  /** Not included. */
  readonly afterMs: number;
}

/** What a cap asks of an offer, or of an action that may become one. */
export type OfferKind = Pick<Offer, "program" | "action" | "channel">;
