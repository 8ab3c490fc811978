/** What a program may run out of, by name: its money, or the offers of an action or over a channel. */

/** The money, in micros. Its price is λ. */
export const BUDGET = "budget";

const ACTION = "action:";
const CHANNEL = "channel:";

/** Volumes, in offers. Their prices are the μ of `Pacing`, under these names. */
export function actionVolume(actionId: string): string {
  return `${ACTION}${actionId}`;
}

export function channelVolume(channel: string): string {
  return `${CHANNEL}${channel}`;
}

/** The money that a program may spend on exploration, in micros. It has no price. */
export function explorationVolume(programId: string): string {
  return `exploration:${programId}`;
}

export function isActionVolume(volume: string): boolean {
  return volume.startsWith(ACTION);
}

/** The volumes an offer of a paid action counts against: those of the action and of its channel. */
export function volumesOf({
  id,
  channel,
}: {
  readonly id: string;
  readonly channel: string | null;
}): readonly string[] {
  return channel === null ? [actionVolume(id)] : [actionVolume(id), channelVolume(channel)];
}

/** Σ_j μ_j over the volumes of an action: what one offer of it costs beside money, in value. */
export function volumePriceOf(
  { volumes }: { readonly volumes: readonly string[] },
  mu: Readonly<Record<string, number>>,
): number {
  return volumes.reduce((sum, volume) => sum + (mu[volume] ?? 0), 0);
}
