import { hostname, userInfo } from "node:os";
import type { Command } from "commander";
import { composeRollout } from "../compose/rollout.ts";
import { LiftgateError } from "../core/errors.ts";
import { readConfig } from "../ops/config.ts";
import { rollBack } from "../service/rollout/roll-back.ts";
import { type ServiceOptions, tellService } from "./rollout/tell-service.ts";

interface RollbackOptions extends ServiceOptions {
  readonly reason?: string;
  readonly by: string;
  readonly models?: string;
  readonly programs?: string;
}

export function addRollbackCommand(program: Command): void {
  program
    .command("rollback")
    .description("Make the program live again that the live one was promoted over; exit code 1: nothing was changed")
    .argument("<program>", "its id")
    .option("--reason <text>", "why, for the audit log")
    .option("--by <name>", "who, for the audit log", `${userInfo().username}@${hostname()}`)
    .option("--models <dir>", "model folders (default: MODELS_DIR)")
    .option("--programs <dir>", "program files (default: PROGRAMS_DIR)")
    .option("--service <url>", "a service that is to load it at once")
    .option("--key-file <file>", "holds the API key for --service, id.secret")
    .action(async (id: string, options: RollbackOptions, command: Command) => {
      if (options.keyFile !== undefined && options.service === undefined) {
        command.error("error: --key-file is for --service");
      }
      if (!(await rollBackWith(id, options))) process.exitCode = 1;
    });
}

async function rollBackWith(id: string, options: RollbackOptions): Promise<boolean> {
  const config = readConfig();
  const { models = config.MODELS_DIR, programs = config.PROGRAMS_DIR, by, reason = null } = options;
  const parts = composeRollout({ MODELS_DIR: models, PROGRAMS_DIR: programs });
  try {
    const change = await rollBack(parts, { program: id, by, reason });
    const { act, from, to } = change;
    const done = act === "remove_canary" ? "decides for all units again" : "is in its file again";
    console.log(`${id}: version ${to.version} ${done}, instead of version ${from?.version ?? "unknown"}`);
    return await tellService(options, change);
  } catch (error) {
    if (!(error instanceof LiftgateError)) throw error;
    console.error(`refused, nothing was changed: ${error.message}`);
    for (const { path, rule } of error.faults) console.error(`  ${path === "" ? "" : `${path}: `}${rule}`);
    return false;
  }
}
