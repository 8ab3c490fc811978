/** What one program may spend of its pool at this moment; one object for all its decisions. */
import { chargeMicros } from "../../core/decision/charge.ts";
import { explorationChargeMicros } from "../../core/decision/exploration-money.ts";
import type { Decision, Exclusion, Pacing, Situation } from "../../core/domain/decision.ts";
import { wholeMicros } from "../../core/domain/money.ts";
import type { Action, Program } from "../../core/domain/program.ts";
import { explorationVolume, isActionVolume } from "../../core/domain/resource.ts";
import type { RecordedReservation } from "../../core/domain/record.ts";
import type { Hold, Moment, OfferTerms } from "../funds.ts";
import type { BudgetHolder } from "./budget-holder.ts";
import type { PoolAccounts } from "./pool-accounts.ts";
import type { Pool } from "./pool.ts";

export class ProgramFunds implements Moment {
  /** In the version whose decisions these are. */
  readonly program: Program;
  readonly pool: Pool;
  /** `<replica>/<life>`: under this name spending is found again in the decision log. */
  readonly #lease: string;
  readonly #uncovered: readonly (Exclusion | null)[];
  #accounts: PoolAccounts | null = null;
  /** The pool's prices, and with them what this program's offers cost. */
  #priced: { readonly prices: Pacing; readonly pacing: Pacing } | null = null;

  constructor(program: Program, pool: Pool, lease: string) {
    this.program = program;
    this.pool = pool;
    this.#lease = lease;
    this.#uncovered = uncovered(program);
  }

  /** As it is now. */
  refresh(): Moment {
    this.#accounts = this.pool.current();
    return this;
  }

  get pacing(): Pacing {
    const prices = this.pool.prices.pacingIn(this.#accounts?.account ?? null);
    const inPeriod = this.pool.costs.biasesOf(this.program);
    if (this.#priced?.prices !== prices || this.#priced.pacing.inPeriod !== inPeriod)
      this.#priced = { prices, pacing: { ...prices, inPeriod } };
    return this.#priced.pacing;
  }

  get availableMicros(): number {
    return this.#accounts?.money.available() ?? 0;
  }

  get explorationMicros(): number | null {
    return this.program.exploration.budgetShare === undefined ? null : (this.#exploration?.available() ?? 0);
  }

  get status(): Moment["status"] {
    return this.#accounts === null || this.#accounts.money.lease.isPaying ? "normal" : "degraded_budget";
  }

  get usedUp(): readonly (Exclusion | null)[] | null {
    if (this.#accounts === null || !this.#accounts.money.lease.isPaying) return this.#uncovered;
    if (this.#accounts.volumes.size === 0) return null;
    const reasons = this.program.actions.map((action) => this.#usedUp(action));
    return reasons.every((reason) => reason === null) ? null : reasons;
  }

  hold(situation: Situation, decision: Decision, about: OfferTerms): Hold {
    const { chosen, excluded } = decision;
    const chargedMicros = chargeMicros(situation, chosen);
    // Between periods nobody counts: the next one begins with what the last one knew.
    if (this.#accounts === null) return NOTHING_HELD;
    const { account, money } = this.#accounts;
    this.pool.prices.observe(account, situation, { decision, chargedMicros });
    if (excluded.includes("budget_exhausted")) money.missed();
    if (decision.exploring === "spent") this.#exploration?.missed();
    const action = this.program.actions[chosen];
    if (chosen === 0 || action === undefined) return NOTHING_HELD;
    const exploredMicros = explorationChargeMicros(situation, decision);
    const cost = situation.scores.cost[chosen] ?? NaN;
    return this.#take(this.#accounts, { action, cost, amountMicros: chargedMicros, exploredMicros }, about);
  }

  /** What this program may spend on exploration; null where nobody counts it. */
  get #exploration(): BudgetHolder | null {
    return this.#accounts?.explorations.get(explorationVolume(this.program.id)) ?? null;
  }

  #usedUp({ volumes }: Action): Exclusion | null {
    for (const volume of volumes) {
      const holder = this.#accounts?.volumes.get(volume);
      if (holder === undefined || holder.available() >= 1) continue;
      holder.missed();
      return isActionVolume(volume) ? "action_limit" : "channel_limit";
    }
    return null;
  }

  #take(accounts: PoolAccounts, { action, cost, amountMicros, exploredMicros }: Taken, about: OfferTerms): Hold {
    const { account, money, volumes } = accounts;
    const { decisionId, expiresAtMs } = about;
    const limited = action.volumes.filter((volume) => volumes.has(volume));
    const counts = limited.map((volume) => ({ counter: volumes.get(volume), amount: 1 }));
    if (exploredMicros > 0) counts.push({ counter: this.#exploration ?? undefined, amount: exploredMicros });
    money.debit(amountMicros);
    for (const { counter, amount } of counts) counter?.debit(amount);
    const fixedMicros = Math.min(amountMicros, wholeMicros(action.fixedCost));
    const reservation: RecordedReservation = {
      id: decisionId,
      account: `${account.budget}/${account.period}`,
      lease: this.#lease,
      amountMicros,
      fixedMicros,
      exploration:
        exploredMicros > 0 ? { volume: explorationVolume(this.program.id), amountMicros: exploredMicros } : null,
      volumes: limited,
      expiresAt: new Date(expiresAtMs).toISOString(),
    };
    return {
      reservation,
      keep: () => {
        money.logged({ id: decisionId, amount: amountMicros, fixed: fixedMicros, expiresAtMs });
        for (const { counter, amount } of counts) counter?.logged({ id: decisionId, amount, fixed: 0, expiresAtMs });
        this.pool.costs.offered({ decisionId, program: this.program.id, action: action.id, cost, fixedMicros });
      },
      release: () => {
        money.credit(amountMicros);
        for (const { counter, amount } of counts) counter?.credit(amount);
      },
    };
  }
}

/** What an offer takes: of the money, and of what is set aside for exploration. Whole micros. */
interface Taken {
  readonly action: Action;
  /** c, in units of the currency; NaN where nothing was predicted. */
  readonly cost: number;
  readonly amountMicros: number;
  readonly exploredMicros: number;
}

/** Where nobody can hold or count an offer none is made, not even one that is expected to cost nothing. */
export function uncovered({ actions }: Program): readonly (Exclusion | null)[] {
  return actions.map((_, i) => (i === 0 ? null : "budget_exhausted"));
}

const NOTHING_HELD: Hold = { reservation: null, keep: () => undefined, release: () => undefined };
