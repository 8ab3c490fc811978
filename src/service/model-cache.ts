/**
 * The models that serve. A reload opens what is new or changed beside what serves, then swaps the
 * whole set at once; a folder that is refused leaves its last good model in place. Models taken out
 * of the set go on scoring for the requests that already hold them and are freed a while later.
 */
import type { Fault, ModelCatalog, ModelSource, Opened, UpliftModel } from "../core/ports.ts";

/** What became of one model folder in a reload. */
export interface ModelOutcome {
  /** `<name>/<version>`; empty when the models directory itself could not be read: then all stays. */
  readonly id: string;
  /**
   * `loaded`: new or changed · `unchanged` · `kept`: the folder is refused, the model loaded before
   * stays · `refused`: nothing is loaded · `removed`: its folder is gone, and so is the model.
   */
  readonly outcome: "loaded" | "unchanged" | "kept" | "refused" | "removed";
  readonly faults: readonly Fault[];
}

/** One model folder: what serves from it, and what is wrong with it. */
export interface ModelStatus {
  readonly id: string;
  /** `kept`: what is on disk is refused, the model loaded before serves. `refused`: nothing serves. */
  readonly state: "serving" | "kept" | "refused";
  readonly faults: readonly Fault[];
  readonly model: UpliftModel | null;
  /** Since the model that serves was opened; null when none does. */
  readonly servingForMs: number | null;
  /** Since the folder was last looked at. */
  readonly checkedAgoMs: number;
}

export interface ModelCacheOptions {
  /** Monotonic clock in ms. */
  readonly now?: () => number;
  /** How long a model taken out of the set still scores; longer than any request lasts. */
  readonly graceMs?: number;
}

interface Entry {
  readonly id: string;
  readonly model: UpliftModel | null;
  readonly faults: readonly Fault[];
  readonly openedAtMs: number;
  readonly checkedAtMs: number;
}

const GRACE_MS = 5_000;

export class ModelCache implements ModelCatalog {
  readonly #source: ModelSource;
  readonly #now: () => number;
  readonly #graceMs: number;
  /** Replaced whole, never changed: a reader sees one set or the next. */
  #entries: ReadonlyMap<string, Entry> = new Map();
  #reloading: Promise<unknown> = Promise.resolve();
  readonly #retired = new Map<UpliftModel, NodeJS.Timeout>();
  readonly #releases = new Set<Promise<void>>();

  constructor(source: ModelSource, { now = () => performance.now(), graceMs = GRACE_MS }: ModelCacheOptions = {}) {
    this.#source = source;
    this.#now = now;
    this.#graceMs = graceMs;
  }

  /** The model to score with now. Look it up per request: what it returns is good for the grace time. */
  find(name: string, version: string): UpliftModel | undefined {
    return this.#entries.get(`${name}/${version}`)?.model ?? undefined;
  }

  /** Every model that serves, by id. */
  list(): readonly UpliftModel[] {
    return [...this.#entries.values()].flatMap(({ model }) => model ?? []);
  }

  /** Every model folder found by the last reload, by id. */
  statuses(): readonly ModelStatus[] {
    const nowMs = this.#now();
    return [...this.#entries.values()].map(({ id, model, faults, openedAtMs, checkedAtMs }) => ({
      id,
      state: faults.length === 0 ? "serving" : model === null ? "refused" : "kept",
      faults,
      model,
      servingForMs: model === null ? null : nowMs - openedAtMs,
      checkedAgoMs: nowMs - checkedAtMs,
    }));
  }

  /** Takes over what is on disk, as far as it is valid. One at a time; never throws for what it finds there. */
  reload(): Promise<readonly ModelOutcome[]> {
    const reload = this.#reloading.then(() => this.#reload());
    this.#reloading = reload.catch(() => undefined);
    return reload;
  }

  /** Empties the set and waits until every model is drained and freed. */
  async close(): Promise<void> {
    await this.#reloading;
    const models = this.list();
    this.#entries = new Map();
    for (const timer of this.#retired.values()) clearTimeout(timer);
    for (const model of [...models, ...this.#retired.keys()]) this.#release(model);
    await Promise.all(this.#releases);
  }

  async #reload(): Promise<readonly ModelOutcome[]> {
    let ids: readonly string[];
    try {
      ids = await this.#source.list();
    } catch (trouble) {
      const rule = `the models directory cannot be read: ${messageOf(trouble)}`;
      return [{ id: "", outcome: this.#entries.size > 0 ? "kept" : "refused", faults: [{ path: "", rule }] }];
    }
    const before = this.#entries;
    const after = new Map<string, Entry>();
    const outcomes: ModelOutcome[] = [];
    for (const id of ids) {
      const { entry, outcome } = await this.#check(id, before.get(id));
      after.set(id, entry);
      outcomes.push({ id, outcome, faults: entry.faults });
    }
    this.#entries = after;
    for (const { id, model } of before.values()) {
      if (!after.has(id)) outcomes.push({ id, outcome: "removed", faults: [] });
      if (model !== null && after.get(id)?.model !== model) this.#retire(model);
    }
    return outcomes;
  }

  /** The folder's entry in the next set: the same model, a new one, or the last good one with faults. */
  async #check(
    id: string,
    last: Entry | undefined,
  ): Promise<Pick<ModelOutcome, "outcome"> & { readonly entry: Entry }> {
    const good = last?.model ?? null;
    const opened = await this.#open(id, good);
    const checkedAtMs = this.#now();
    const same = { id, model: good, faults: [], openedAtMs: last?.openedAtMs ?? checkedAtMs, checkedAtMs };
    if (opened === "unchanged") return { entry: same, outcome: "unchanged" };
    if (opened.ok) return { entry: { ...same, model: opened.value, openedAtMs: checkedAtMs }, outcome: "loaded" };
    return { entry: { ...same, faults: opened.faults }, outcome: good === null ? "refused" : "kept" };
  }

  async #open(id: string, good: UpliftModel | null): Promise<Opened<UpliftModel> | "unchanged"> {
    try {
      if (good !== null && (await this.#source.digestOf(id)) === good.digest) return "unchanged";
      return await this.#source.open(id);
    } catch (trouble) {
      return { ok: false, faults: [{ path: "", rule: `cannot be opened: ${messageOf(trouble)}` }] };
    }
  }

  #retire(model: UpliftModel): void {
    const timer = setTimeout(() => this.#release(model), this.#graceMs);
    timer.unref();
    this.#retired.set(model, timer);
  }

  #release(model: UpliftModel): void {
    this.#retired.delete(model);
    const released = model.release().finally(() => this.#releases.delete(released));
    this.#releases.add(released);
  }
}

function messageOf(trouble: unknown): string {
  return trouble instanceof Error ? trouble.message : "unknown trouble";
}
