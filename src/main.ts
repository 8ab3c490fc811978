/** The command line. Exit codes: 0 fine, 1 something is wrong with what was checked, 2 wrong usage. */
import { Command, CommanderError } from "commander";
import { addAllocateCommand } from "./cli/allocate.ts";
import { addDemoCommand } from "./cli/demo.ts";
import { addEvaluateCommand } from "./cli/evaluate.ts";
import { addExportCommand } from "./cli/export.ts";
import { addOpenapiCommand } from "./cli/openapi.ts";
import { addPromoteCommand } from "./cli/promote.ts";
import { addReplayCommand } from "./cli/replay.ts";
import { addRollbackCommand } from "./cli/rollback.ts";
import { addServeCommand } from "./cli/serve.ts";
import { addSimulateCommand } from "./cli/simulate.ts";
import { addUpliftCommand } from "./cli/uplift.ts";
import { addValidateCommand } from "./cli/validate.ts";
import { ConfigError } from "./ops/config.ts";

const program = new Command("liftgate")
  .description("Online causal decisioning: which paid action, or none, should this user get now")
  .showHelpAfterError()
  .exitOverride();

addServeCommand(program);
addValidateCommand(program);
addReplayCommand(program);
addAllocateCommand(program);
addEvaluateCommand(program);
addPromoteCommand(program);
addRollbackCommand(program);
addExportCommand(program);
addDemoCommand(program);
addSimulateCommand(program);
addUpliftCommand(program);
addOpenapiCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError) {
    console.error(error.message);
    return 2;
  }
  console.error(error instanceof Error ? error.message : error);
  return 1;
}
