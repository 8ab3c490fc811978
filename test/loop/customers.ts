/** Customers of every kind there is in the loop's world. */
import type { Customer } from "../../src/cli/demo/customers.ts";

export const SURE = customer("sure", { recency: 1, history: 600, channel: "Web" });
export const DOG = customer("dog", { recency: 5, history: 90, newbie: 1, zip_code: "Urban", channel: "Phone" });
export const LOST = customer("lost", { recency: 12, history: 40, channel: "Web" });
export const WEB = customer("web", { recency: 6, history: 500, channel: "Web" });
export const PHONE = customer("phone", { recency: 6, history: 150, channel: "Phone" });
export const EVERYBODY: readonly Customer[] = [SURE, DOG, LOST, WEB, PHONE];

function customer(userId: string, features: Readonly<Record<string, number | string>>): Customer {
  return { userId, features: { mens: 1, womens: 0, newbie: 0, zip_code: "Rural", ...features } };
}
