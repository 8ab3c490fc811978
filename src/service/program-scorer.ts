/** Users from a file, each with the features it has, scored for a program a chunk at a time. */
import type { UserOptions } from "../core/allocation/arrange.ts";
import type { Program } from "../core/domain/program.ts";
import { LiftgateError } from "../core/errors.ts";
import type { RawValue } from "../core/features/encode.ts";
import { unitOf } from "./admit.ts";
import { optionsOfUsers, paidActions, type UserToOffer } from "./program-options.ts";
import type { UserReader } from "./read-user.ts";

export interface FileUser {
  readonly userId: string;
  /** Of a program that randomizes by cluster, with `clusterId` among them. */
  readonly features: Readonly<Record<string, RawValue>>;
}

export class ProgramScorer {
  readonly program: Program;
  readonly actions: readonly string[];
  /** Users of the other arms so far, who have no options. */
  readonly outside = { holdout: 0, evaluation: 0 };
  readonly #services: UserReader;

  constructor(services: UserReader, program: Program) {
    this.#services = services;
    this.program = program;
    this.actions = paidActions(program);
  }

  /** @throws LiftgateError as `optionsOfUsers`, and `cluster_required` */
  async optionsOf(users: readonly FileUser[]): Promise<readonly UserOptions[]> {
    const toOffer = users.map((user) => this.#toOffer(user));
    const options = await optionsOfUsers(this.#services, this.program, toOffer);
    for (const { arm } of options) if (arm !== "policy") this.outside[arm] += 1;
    return options;
  }

  #toOffer({ userId, features }: FileUser): UserToOffer {
    const path = `user ${userId}, `;
    if (this.program.randomizationUnit === "user") {
      return { userId, unit: userId, given: { values: features, over: "nothing", path } };
    }
    const { clusterId, ...values } = features;
    if (typeof clusterId !== "string") throw new LiftgateError("cluster_required", `user ${userId} has no clusterId`);
    return { userId, unit: unitOf(this.program, { userId, clusterId }), given: { values, over: "nothing", path } };
  }
}
