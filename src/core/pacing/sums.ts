/**
 * Named numbers that add: how replicas share what they have seen. Any store that can add to a number by its
 * name can hold them; merging in any order gives the same sums, up to rounding. A name that is not there is 0.
 * Most names are whole numbers, which are short when written down and fast to look up.
 */
export type Sums = Readonly<Record<string, number>>;

/**
 * @example added({ arrivals: 2 }, { arrivals: 1, weight: 3 }) // { arrivals: 3, weight: 3 }
 */
export function added(sums: Sums, more: Sums): Sums {
  const result: Record<string, number> = { ...sums };
  for (const name in more) result[name] = (result[name] ?? 0) + (more[name] as number);
  return result;
}

/** The number of that name. */
export function sumOf(sums: Sums, name: string | number): number {
  return sums[name] ?? 0;
}
