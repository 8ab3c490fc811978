/** Admission: from a well-formed body to a request that a program can decide, or a coded refusal. */
import type { DecideRequest } from "../contract/decide.ts";
import { windowAt } from "../core/decision/luck.ts";
import type { Program } from "../core/domain/program.ts";
import { LiftgateError } from "../core/errors.ts";
import type { DecisionServices } from "./services.ts";

export interface AdmittedRequest {
  readonly program: Program;
  readonly requestId: string;
  /** The window in which its decision holds for the user; null: for this request only. */
  readonly window: number | null;
  readonly userId: string;
  /** What is randomized: the user, or the cluster. */
  readonly unit: string;
  /** The household or the like that the caller says the user belongs to. */
  readonly clusterId: string | null;
  readonly context: Readonly<Record<string, number | string | boolean>>;
  /** Candidates the caller restricts to; null means all. */
  readonly requested: readonly string[] | null;
  readonly features: NonNullable<DecideRequest["features"]>;
}

/**
 * @throws LiftgateError `unknown_program`, `shadow_program`, `unknown_action`, `cluster_required`
 */
export function admit(
  services: Pick<DecisionServices, "programs" | "newId" | "nowMs">,
  body: DecideRequest,
): AdmittedRequest {
  const program = findProgram(services, body.programId);
  if (program.state === "shadow") throw new LiftgateError("shadow_program");
  const unit = unitOf(program, body);
  return {
    program: services.programs.versionFor(program, unit),
    requestId: body.requestId ?? services.newId(),
    window: windowOf(program, body.userId, services.nowMs()),
    userId: body.userId,
    unit,
    clusterId: body.clusterId ?? null,
    context: body.context ?? {},
    requested: requestedOf(program, body.actions),
    features: body.features ?? {},
  };
}

/** @throws LiftgateError `unknown_program` */
export function findProgram(services: Pick<DecisionServices, "programs">, programId: string): Program {
  const program = services.programs.get(programId);
  if (program === undefined) throw new LiftgateError("unknown_program");
  return program;
}

/** Null where every request is drawn afresh. */
export function windowOf(program: Program, userId: string, atMs: number): number | null {
  const windowMs = program.stickyMs;
  return windowMs === null ? null : windowAt(program, userId, { atMs, windowMs });
}

/** @throws LiftgateError `cluster_required` */
export function unitOf(
  program: Program,
  body: { readonly userId: string; readonly clusterId?: string | undefined },
): string {
  const capsClusters = program.caps.some(({ scope }) => scope === "cluster");
  if ((program.randomizationUnit === "cluster" || capsClusters) && body.clusterId === undefined) {
    throw new LiftgateError("cluster_required", undefined, [
      { path: "clusterId", rule: "is required by this program" },
    ]);
  }
  return program.randomizationUnit === "cluster" && body.clusterId !== undefined ? body.clusterId : body.userId;
}

function requestedOf(program: Program, actions: readonly string[] | undefined): readonly string[] | null {
  if (actions === undefined) return null;
  const known = new Set(program.actions.map((action) => action.id));
  const faults = actions.flatMap((action, i) => {
    if (!known.has(action)) return [{ path: `actions[${i}]`, rule: "is not an action of this program" }];
    return actions.indexOf(action) < i ? [{ path: `actions[${i}]`, rule: "is named twice" }] : [];
  });
  if (faults.length > 0) throw new LiftgateError("unknown_action", undefined, faults);
  return actions;
}
