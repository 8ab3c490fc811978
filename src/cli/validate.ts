import type { Command } from "commander";
import type { ReloadOutcome } from "../contract/catalog.ts";
import { composeCatalog } from "../compose/offline.ts";
import { readConfig } from "../ops/config.ts";

export function addValidateCommand(program: Command): void {
  program
    .command("validate")
    .description("Check every model and program on disk as the service would; exit code 1 when anything is refused")
    .option("--models <dir>", "model folders (default: MODELS_DIR)")
    .option("--programs <dir>", "program files (default: PROGRAMS_DIR)")
    .action(async ({ models, programs }: { models?: string; programs?: string }) => {
      const config = readConfig();
      const catalog = composeCatalog({
        ...config,
        MODELS_DIR: models ?? config.MODELS_DIR,
        PROGRAMS_DIR: programs ?? config.PROGRAMS_DIR,
      });
      // A reload is strict: a program whose model is missing is refused, as it would be while serving.
      const answer = await catalog.reload();
      for (const outcome of answer.models) report("model", outcome);
      for (const outcome of answer.programs) report("program", outcome);
      const faulty = [...answer.models, ...answer.programs].filter(({ faults }) => faults.length > 0);
      if (faulty.length > 0) process.exitCode = 1;
    });
}

function report(kind: string, { id, faults }: ReloadOutcome): void {
  console.log(`${faults.length === 0 ? "ok     " : "refused"} ${kind} ${id}`);
  for (const { path, rule } of faults) console.log(`          ${path === "" ? "" : `${path}: `}${rule}`);
}
