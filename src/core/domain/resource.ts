/** What a program may run out of, by name: its money, or the offers of an action or over a channel. */
import type { Action } from "./program.ts";

/** The money, in micros. Its price is λ. */
export const BUDGET = "budget";

/** Volumes, in offers. Their prices are the μ of `Pacing`, under these names. */
export function actionVolume(actionId: string): string {
  return `action:${actionId}`;
}

export function channelVolume(channel: string): string {
  return `channel:${channel}`;
}

/** Σ_j μ_j·A_j of an action: what one offer of it costs in volumes, in value. */
export function volumePriceOf({ id, channel }: Action, mu: Readonly<Record<string, number>>): number {
  return (mu[actionVolume(id)] ?? 0) + (channel === null ? 0 : (mu[channelVolume(channel)] ?? 0));
}
