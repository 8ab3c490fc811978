/** A budget over the users of one call: their candidates given, or scored by a program's model on the way. */
import type { AllocateAnswer, AllocateRequest, CandidatesRequest, ProgramUsersRequest } from "../contract/allocate.ts";
import { arrange, type Option, type UserOptions } from "../core/allocation/arrange.ts";
import { NO_ACTION } from "../core/allocation/candidates.ts";
import { type InputFault, LiftgateError } from "../core/errors.ts";
import { findProgram, unitOf } from "./admit.ts";
import { constraintsOf, summarize, type Terms } from "./allocation-terms.ts";
import { type ArmOptions, channelsOf, optionsOfUsers, paidActions, type UserToOffer } from "./program-options.ts";
import type { DecisionServices } from "./services.ts";

const MICROS = 1e6;

/**
 * Nothing is decided, logged or spent: it is a plan, and for whom it is one is in the answer.
 *
 * @throws LiftgateError `invalid_request` for users or candidates that are named twice; `unknown_action` for caps
 * on what nobody is offered; and what scoring users of a program throws
 */
export function allocateBatch(services: DecisionServices, request: AllocateRequest): Promise<AllocateAnswer> {
  return "programId" in request ? allocateProgram(services, request) : allocateCandidates(services, request);
}

async function allocateCandidates(
  services: DecisionServices,
  { candidates, budget, objective, caps, channels }: CandidatesRequest,
): Promise<AllocateAnswer> {
  const actions = [...new Set(candidates.map(({ action }) => action))].toSorted();
  const place = new Map(actions.map((action, i) => [action, i]));
  const byUser = new Map<string, Option[]>();
  const faults: InputFault[] = [];
  candidates.forEach(({ userId, action: name, value, cost }, i) => {
    const action = place.get(name) as number;
    const options = byUser.get(userId) ?? [];
    if (options.some((option) => option.action === action)) faults.push({ path: `candidates[${i}]`, rule: TWICE });
    options.push({ action, valueMicros: Math.round(value * MICROS), costMicros: Math.round(cost * MICROS) });
    byUser.set(userId, options);
  });
  if (faults.length > 0) throw new LiftgateError("invalid_request", undefined, faults);
  const users = [...byUser].map(([userId, options]) => ({ userId, options }));
  const costWeight = objective === "profit" ? 1 : 0;
  return allocateUsers(services, users, { budget, costWeight, actions, channels: channels ?? {}, caps: caps ?? {} });
}

const TWICE = "has a user and action that came before";

async function allocateProgram(
  services: DecisionServices,
  { programId, budget, users, caps = {} }: ProgramUsersRequest,
): Promise<AllocateAnswer> {
  const program = findProgram(services, programId);
  const seen = new Set<string>();
  const toOffer = users.map((user, i): UserToOffer => {
    const { userId, clusterId, features } = typeof user === "string" ? { userId: user } : user;
    if (seen.has(userId)) throw twice(`users[${i}]`);
    seen.add(userId);
    const unit = unitOf(program, { userId, clusterId });
    return { userId, unit, given: { values: features, over: "stored", path: `users[${i}].features.` } };
  });
  const terms: Terms = {
    budget,
    costWeight: program.objective.costWeight,
    actions: paidActions(program),
    channels: channelsOf(program),
    caps,
  };
  const options = await optionsOfUsers(services, program, toOffer);
  return { ...(await allocateUsers(services, options, terms)), outside: outsideOf(options) };
}

function twice(path: string): LiftgateError {
  return new LiftgateError("invalid_request", undefined, [{ path, rule: "is a user that came before" }]);
}

function outsideOf(options: readonly ArmOptions[]): NonNullable<AllocateAnswer["outside"]> {
  const count = (arm: ArmOptions["arm"]) => options.filter((user) => user.arm === arm).length;
  return { holdout: count("holdout"), evaluation: count("evaluation") };
}

async function allocateUsers(
  { allocator }: DecisionServices,
  users: readonly UserOptions[],
  terms: Terms,
): Promise<AllocateAnswer> {
  const constraints = constraintsOf(terms);
  const { userIds, block } = arrange(users);
  const allocation = await allocator.allocate(block, terms.actions.length, constraints);
  const assignments = userIds.flatMap((userId, i) => {
    const action = allocation.assignment[i] ?? NO_ACTION;
    return action === NO_ACTION ? [] : [{ userId, action: terms.actions[action] as string }];
  });
  return { assignments, ...summarize(allocation, terms) };
}
