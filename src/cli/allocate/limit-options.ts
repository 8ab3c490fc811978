/** Limits as they are written on the command line. */
import { InvalidArgumentError } from "commander";

/** Offers by action, or by channel. */
export type Offers = Readonly<Record<string, number>>;
export type Channels = Readonly<Record<string, readonly string[]>>;

/** An amount with at most 6 decimals. */
export function amount(text: string): number {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) {
    throw new InvalidArgumentError("must be an amount from 0 on with at most 6 decimals, such as 5000 or 0.25.");
  }
  return Number(text);
}

/** `mail=100`, over those before. */
export function addCap(text: string, before: Offers = {}): Offers {
  const [, name = "", offers = ""] = /^([a-z0-9][a-z0-9_-]{0,63})=(\d{1,15})$/.exec(text) ?? [];
  if (name === "") throw new InvalidArgumentError("must be a name and a whole number of offers, such as mail=100.");
  if (before[name] !== undefined) throw new InvalidArgumentError(`${name} has a cap already.`);
  return { ...before, [name]: Number(offers) };
}

/** `email=mail,newsletter`, over those before. */
export function addChannel(text: string, before: Channels = {}): Channels {
  const [, name = "", actions = ""] = /^([a-z0-9][a-z0-9_-]{0,63})=([a-z0-9_,-]+)$/.exec(text) ?? [];
  if (name === "") throw new InvalidArgumentError("must be a channel and its actions, such as email=mail,newsletter.");
  return { ...before, [name]: actions.split(",") };
}
