/** What the stores hold of one user, and forgetting it. What was logged stays in the logs, under the logs' own rules. */
import { windowOf } from "./admit.ts";
import type { StickyAnswers } from "./answers/sticky-answers.ts";
import type { DecisionServices } from "./services.ts";

export type UserStores = Pick<DecisionServices, "features" | "offers" | "models" | "programs" | "pseudonym" | "nowMs">;

export class UserMemory {
  readonly #stores: UserStores;
  readonly #sticky: Pick<StickyAnswers, "forget">;

  constructor(stores: UserStores, sticky: Pick<StickyAnswers, "forget">) {
    this.#stores = stores;
    this.#sticky = sticky;
  }

  /**
   * The user's features of every loaded model, their history of offers, and what holds for them: they are as new.
   *
   * @throws LiftgateError `feature_store_unavailable`, `cap_store_unavailable`, `answer_store_unavailable`: then forget
   * again
   */
  async forget(userId: string): Promise<void> {
    const { features, offers, models, programs, pseudonym, nowMs } = this.#stores;
    const sets = new Set(models.list().map(({ contract }) => contract.set));
    await features.forget(userId, [...sets]);
    await offers.forget({ scope: "user", id: userId });
    for (const { program } of programs.list()) {
      const window = windowOf(program, userId, nowMs());
      if (window !== null) await this.#sticky.forget({ program: program.id, user: pseudonym(userId), window }, program);
    }
  }
}
