import type { CapForm, CooldownForm } from "../contract/caps-form.ts";
import { durationMs } from "../contract/identifiers.ts";
import type { ProgramFile } from "../contract/program-file.ts";
import type { Cap } from "../core/domain/cap.ts";
import type { WindowRule } from "../core/domain/period.ts";

/** The caps of a program as its file declares them; a cooldown is a cap of one. */
export function capsOf({ program, shadows, caps, cooldowns }: ProgramFile): readonly Cap[] {
  // What a shadow would have offered nobody got: the incumbent's offers stand for its own.
  const counted = shadows ?? program;
  return [
    ...caps.map((cap) => capWith(counted, cap, { reason: "cap_reached", max: cap.max, window: windowOf(cap.per) })),
    ...cooldowns.map((cooldown) =>
      capWith(counted, cooldown, {
        reason: "cooldown",
        max: 1,
        window: { kind: "rolling", spanMs: durationMs(cooldown.for) },
      }),
    ),
  ];
}

function capWith(
  program: string,
  { scope, across, channel, action }: CapForm | CooldownForm,
  limit: Pick<Cap, "reason" | "max" | "window">,
): Cap {
  return {
    ...limit,
    scope,
    program: across === "all" ? null : program,
    action: action ?? null,
    channel: channel ?? null,
  };
}

function windowOf(per: CapForm["per"]): WindowRule {
  if (typeof per === "string") return { kind: "rolling", spanMs: durationMs(per) };
  return { kind: "calendar", every: per.every, timeZone: per.timezone };
}
