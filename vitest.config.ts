import { defineConfig } from "vitest/config";

/** Evaluations that a service runs get only the time that others leave: their tests never run beside other tests. */
const IDLE = ["test/http/evaluations*.test.ts", "test/compose/evaluation-child.test.ts"];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { include: ["src/**/*.ts"] },
    projects: [
      { extends: true, test: { name: "busy", include: ["test/**/*.test.ts"], exclude: IDLE } },
      { extends: true, test: { name: "idle", include: IDLE, sequence: { groupOrder: 1 } } },
    ],
  },
});
