/**
 * Source files without a test file of their own name, and the test that runs them: the first entry that
 * matches. A folder (ending in `/`) stands for its files that have no test of their own.
 */
export const TESTED_THROUGH: readonly { readonly files: string; readonly test: string }[] = [
  // The command line runs as a process: its commands have no other way in.
  { files: "src/cli/allocate/", test: "test/cli/allocate.test.ts" },
  { files: "src/service/check-record.ts", test: "test/cli/replay.test.ts" },
  { files: "src/service/rescore.ts", test: "test/cli/replay.test.ts" },
  { files: "src/cli/export/", test: "test/cli/export.test.ts" },
  { files: "src/service/export/", test: "test/cli/export.test.ts" },
  { files: "src/compose/export.ts", test: "test/cli/export.test.ts" },
  { files: "src/core/export-ports.ts", test: "test/cli/export.test.ts" },
  { files: "src/contract/outcome-record.ts", test: "test/adapters/duckdb/outcome-store.test.ts" },
  { files: "src/adapters/duckdb/make-tables.ts", test: "test/cli/export.test.ts" },
  { files: "src/cli/openapi.ts", test: "test/http/openapi.test.ts" },
  { files: "src/cli/", test: "test/cli/commands.test.ts" },
  { files: "src/main.ts", test: "test/cli/commands.test.ts" },
  { files: "src/compose/", test: "test/cli/commands.test.ts" },

  // Steps of one decision: their laws hold for the whole, and are asked of the whole.
  { files: "src/core/decision/calibrate.ts", test: "test/http/decide.test.ts" },
  { files: "src/core/decision/", test: "test/core/decision/decide.test.ts" },
  { files: "src/core/allocation/critical-range.ts", test: "test/core/allocation/spend-budget.test.ts" },
  { files: "src/core/allocation/", test: "test/core/allocation/allocate.test.ts" },
  { files: "src/core/features/", test: "test/core/features/encode.test.ts" },

  // The ledger is one machine: its laws are those of whole histories, asked through its port.
  { files: "src/core/ledger/lease-turns.ts", test: "test/service/budget/budget-lease.test.ts" },
  { files: "src/core/ledger/", test: "test/adapters/memory/ledger.test.ts" },
  { files: "src/core/domain/budget.ts", test: "test/adapters/memory/ledger.test.ts" },

  // Simulated days and months are worlds and what is played on them: one story each.
  { files: "src/simulation/delayed-world.ts", test: "test/simulation/month-score.test.ts" },
  { files: "src/simulation/open-offers.ts", test: "test/simulation/month-score.test.ts" },
  { files: "src/simulation/play-month.ts", test: "test/simulation/month-score.test.ts" },
  { files: "src/simulation/", test: "test/simulation/contest.test.ts" },

  // Declarations, and constants that mean something only where they are used.
  { files: "src/core/domain/reasons.ts", test: "test/http/decide.test.ts" },
  { files: "src/core/domain/period.ts", test: "test/adapters/temporal/calendar.test.ts" },
  { files: "src/core/domain/cap.ts", test: "test/core/caps/condition.test.ts" },
  { files: "src/core/domain/offer.ts", test: "test/adapters/memory/offer-history.test.ts" },
  { files: "src/core/domain/outcome.ts", test: "test/core/evaluation/join.test.ts" },
  { files: "src/core/domain/model.ts", test: "test/core/features/encode.test.ts" },
  { files: "src/core/domain/resource.ts", test: "test/core/pacing/epoch-tally.test.ts" },
  { files: "src/core/domain/", test: "test/core/decision/decide.test.ts" },
  { files: "src/core/budget-ports.ts", test: "test/service/budget/budget-lease.test.ts" },
  { files: "src/core/ports.ts", test: "test/service/model-cache.test.ts" },
  { files: "src/core/errors.ts", test: "test/http/error-codes.test.ts" },

  // What is refused and published is seen at the wire.
  { files: "src/contract/program-form.ts", test: "test/contract/program-file.test.ts" },
  { files: "src/contract/", test: "test/http/openapi.test.ts" },
  { files: "src/http/authenticate.ts", test: "test/http/security.test.ts" },
  { files: "src/http/method-not-allowed.ts", test: "test/http/addresses.test.ts" },
  { files: "src/http/problem.ts", test: "test/http/error-codes.test.ts" },
  { files: "src/http/routes/allocate.ts", test: "test/http/allocate.test.ts" },
  { files: "src/http/routes/bulk.ts", test: "test/http/features-and-scores.test.ts" },
  { files: "src/http/routes/catalog.ts", test: "test/http/catalog.test.ts" },
  { files: "src/http/routes/health.ts", test: "test/http/lifecycle.test.ts" },
  { files: "src/http/", test: "test/http/decide.test.ts" },
  { files: "src/service/allocate-batch.ts", test: "test/http/allocate.test.ts" },
  { files: "src/service/allocation-terms.ts", test: "test/http/allocate.test.ts" },
  { files: "src/service/given-features.ts", test: "test/http/features-and-scores.test.ts" },
  { files: "src/service/program-options.ts", test: "test/http/allocate.test.ts" },
  { files: "src/service/program-scorer.ts", test: "test/cli/allocate.test.ts" },
  { files: "src/service/catalog.ts", test: "test/http/catalog.test.ts" },
  { files: "src/service/score-users.ts", test: "test/http/features-and-scores.test.ts" },
  { files: "src/service/write-features.ts", test: "test/http/features-and-scores.test.ts" },
  { files: "src/service/budget/declare-lease.ts", test: "test/service/budget/budget-lease.test.ts" },
  { files: "src/service/budget/", test: "test/http/budget.test.ts" },
  { files: "src/service/", test: "test/http/decide.test.ts" },
  { files: "src/ops/", test: "test/http/decide.test.ts" },

  // Parts of one adapter: the contract of its port is what is tested.
  { files: "src/adapters/cel/", test: "test/adapters/cel/compile-rule.test.ts" },
  { files: "src/adapters/duckdb/read-users.ts", test: "test/cli/allocate.test.ts" },
  { files: "src/adapters/duckdb/stored-candidates.ts", test: "test/cli/allocate.test.ts" },
  { files: "src/adapters/duckdb/write-assignments.ts", test: "test/cli/allocate.test.ts" },
  { files: "src/adapters/duckdb/", test: "test/adapters/duckdb/read-candidates.test.ts" },
  { files: "src/adapters/worker/", test: "test/adapters/worker/worker-allocator.test.ts" },
  { files: "src/adapters/file/read-program.ts", test: "test/adapters/file/program-folder.test.ts" },
  { files: "src/adapters/memory/journal-queue.ts", test: "test/adapters/memory/offer-history.test.ts" },
  { files: "src/adapters/memory/offer-book.ts", test: "test/adapters/memory/offer-history.test.ts" },
  { files: "src/adapters/memory/offer-journal.ts", test: "test/adapters/memory/offer-history.test.ts" },
  { files: "src/adapters/memory/ledger-lines.ts", test: "test/adapters/memory/ledger.test.ts" },
  { files: "src/adapters/memory/", test: "test/adapters/memory/feature-store.test.ts" },
  { files: "src/adapters/onnx/", test: "test/adapters/onnx/model-folder.test.ts" },
  { files: "src/adapters/temporal/", test: "test/adapters/temporal/calendar.test.ts" },
  { files: "src/adapters/memory/ledger-lines.ts", test: "test/adapters/memory/ledger.test.ts" },
  { files: "src/adapters/memory/", test: "test/adapters/memory/feature-store.test.ts" },
  { files: "src/adapters/onnx/", test: "test/adapters/onnx/model-folder.test.ts" },
  { files: "src/adapters/redis/ledger/", test: "test/adapters/redis/ledger/ledger.test.ts" },
  { files: "src/adapters/redis/", test: "test/adapters/redis/connection.test.ts" },
];
