/**
 * The shadows of a program, decided along with one of its decisions: on the same user, read in the same turn, by
 * models of their own. They are logged with it and never offered. They take no money and no place, and whatever fails
 * in them is counted and leaves the incumbent's decision as it is.
 */
import { recordOf, shadowRecordOf } from "../core/decision/record.ts";
import type { Program } from "../core/domain/program.ts";
import type { DecisionRecord } from "../core/domain/record.ts";
import type { AdmittedRequest } from "./admit.ts";
import { decideNow } from "./decide-now.ts";
import { momentOf } from "./funds.ts";
import { type Gathered, gather } from "./gather.ts";
import { type PastOffers, pastOfShadow } from "./past-offers.ts";
import type { DecisionServices } from "./services.ts";

/** What is known for one shadow. */
interface GatheredShadow {
  readonly request: AdmittedRequest;
  readonly gathered: Gathered;
}

export class Shadows {
  readonly #services: DecisionServices;
  readonly #incumbent: AdmittedRequest;
  #gathered: readonly GatheredShadow[] = [];

  constructor(services: DecisionServices, incumbent: AdmittedRequest) {
    this.#services = services;
    this.#incumbent = incumbent;
  }

  /**
   * On the turn of the event loop that reads for the incumbent, so that all is read in one round trip. While the
   * incumbent is paused nobody is looked at. Never rejects.
   *
   * @param past what was offered before, as it is read for the incumbent
   */
  async gather(past: () => Promise<PastOffers>): Promise<void> {
    const { program } = this.#incumbent;
    const shadows = program.state === "paused" ? [] : this.#services.programs.shadowsOf(program.id);
    if (shadows.length === 0) return;
    // The stages of a request are the incumbent's.
    const metrics = { ...this.#services.metrics, stage: () => undefined };
    const services = { ...this.#services, metrics };
    const gathered = shadows.map((shadow) =>
      this.#attempt(shadow, async () => {
        const request = this.#requestTo(shadow);
        const pastOf = async () => pastOfShadow(services, request, await past());
        return { request, gathered: await gather(services, request, pastOf) };
      }),
    );
    this.#gathered = (await Promise.all(gathered)).filter((each) => each !== null);
  }

  /** Decides, and appends on this turn of the event loop, in one group with the incumbent's record. Never rejects. */
  async log(incumbent: DecisionRecord): Promise<void> {
    if (this.#gathered.length === 0) return;
    const logged = this.#gathered.map((shadow) =>
      this.#attempt(shadow.request.program, async () => {
        const record = this.#decide(shadow, incumbent);
        await this.#services.log.append(JSON.stringify(record));
        this.#services.metrics.decided(record);
      }),
    );
    await Promise.all(logged);
  }

  /** The request as if it had been made to the shadow, which may not know every feature the incumbent is given. */
  #requestTo(shadow: Program): AdmittedRequest {
    const { features } = this.#incumbent;
    const models = shadow.routes.flatMap(({ model }) => this.#services.models.find(model.name, model.version) ?? []);
    const given = models.flatMap(({ contract }) => contract.features.filter(({ source }) => source === "request"));
    const known = new Set(given.map(({ name }) => name));
    const ofShadow = Object.fromEntries(Object.entries(features).filter(([name]) => known.has(name)));
    return { ...this.#incumbent, program: shadow, features: ofShadow };
  }

  #decide({ request, gathered }: GatheredShadow, incumbent: DecisionRecord): DecisionRecord {
    const { funds, newId } = this.#services;
    const { program } = request;
    const decisionId = newId();
    const expiresAtMs = Date.parse(incumbent.time) + program.offerTtlMs;
    const moment = momentOf(funds, program);
    const { situation, decision } = decideNow(gathered.prepared, moment, { decisionId, expiresAtMs });
    const record = recordOf(situation, decision, {
      decisionId,
      requestId: incumbent.requestId,
      question: null,
      window: null,
      time: incumbent.time,
      expiresAt: new Date(expiresAtMs).toISOString(),
      status: gathered.status,
      user: incumbent.user,
      unit: incumbent.unit,
      model: gathered.model,
      features: gathered.features,
      override: null,
      reservation: null,
      active: gathered.past.active,
      latencyMs: incumbent.latencyMs,
    });
    return shadowRecordOf(record, incumbent);
  }

  async #attempt<T>(shadow: Program, step: () => Promise<T>): Promise<T | null> {
    try {
      return await step();
    } catch {
      this.#services.metrics.shadowFailed(shadow.id);
      return null;
    }
  }
}
