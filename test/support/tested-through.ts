/**
 * Source files without a test file of their own name, and the test that runs them: the first entry that
 * matches. A folder (ending in `/`) stands for its files that have no test of their own.
 */
export const TESTED_THROUGH: readonly { readonly files: string; readonly test: string }[] = [
  // The command line runs as a process: its commands have no other way in.
  { files: "src/cli/allocate/", test: "test/cli/allocate.test.ts" },
  { files: "src/service/check-record.ts", test: "test/cli/replay.test.ts" },
  { files: "src/service/rescore.ts", test: "test/cli/replay.test.ts" },
  { files: "src/cli/evaluate/", test: "test/cli/evaluate.test.ts" },
  { files: "src/cli/read-logs.ts", test: "test/cli/evaluate.test.ts" },
  { files: "src/compose/evaluation.ts", test: "test/cli/evaluate.test.ts" },
  { files: "src/compose/evaluation-worker.ts", test: "test/cli/evaluate.test.ts" },
  { files: "src/compose/evaluation-workers.ts", test: "test/cli/evaluate.test.ts" },
  { files: "src/compose/policies.ts", test: "test/cli/evaluate.test.ts" },
  { files: "src/service/evaluation/", test: "test/cli/evaluate.test.ts" },
  { files: "src/core/evaluation/sample.ts", test: "test/cli/evaluate.test.ts" },
  { files: "src/core/evaluation/evaluate.ts", test: "test/cli/evaluate.test.ts" },
  { files: "src/cli/rollout/", test: "test/cli/promote.test.ts" },
  { files: "src/cli/rollback.ts", test: "test/cli/promote.test.ts" },
  { files: "src/compose/rollout.ts", test: "test/cli/promote.test.ts" },
  { files: "src/contract/audit.ts", test: "test/cli/promote.test.ts" },
  { files: "src/service/canary.ts", test: "test/http/canary.test.ts" },
  { files: "src/contract/canary-file.ts", test: "test/http/canary.test.ts" },
  { files: "src/adapters/file/canary-file.ts", test: "test/http/canary.test.ts" },
  { files: "src/service/rollout/roll-back.ts", test: "test/http/rollback.test.ts" },
  { files: "src/service/rollout/", test: "test/cli/promote.test.ts" },
  { files: "src/adapters/file/durable-file.ts", test: "test/adapters/file/program-archive.test.ts" },
