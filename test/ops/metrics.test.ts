import { describe, expect, it } from "vitest";
import { exportDecisions } from "../../src/ops/decision-metrics.ts";
import { createMetrics } from "../../src/ops/metrics.ts";
import { RECORD_EXAMPLE } from "../../src/contract/record-example.ts";

describe("metrics of decisions", () => {
  it("count what was decided and why the rest was not, by closed labels", async () => {
    const metrics = createMetrics();
    const decisions = exportDecisions(metrics);
    const [none, mens, womens] = RECORD_EXAMPLE.candidates;
    if (none === undefined || mens === undefined || womens === undefined)
      throw new Error("the example has three candidates");
    const record = {
      ...RECORD_EXAMPLE,
      candidates: [none, { ...mens, excluded: "not_requested" as const }, { ...womens, pruned: "no_value" as const }],
    };
    decisions.decided(record);
    decisions.decided(record);
    decisions.retried();
    decisions.trouble("model_failed");
    const text = await metrics.registry.metrics();
    expect(text).toMatch(
      /^liftgate_decisions_total\{program="hillstrom-email",action="mens_email",arm="policy",status="normal"\} 2$/m,
    );
    expect(text).toMatch(
      /^liftgate_actions_excluded_total\{program="hillstrom-email",action="mens_email",reason="not_requested"\} 2$/m,
    );
    expect(text).toMatch(
      /^liftgate_actions_pruned_total\{program="hillstrom-email",action="womens_email",reason="no_value"\} 2$/m,
    );
    expect(text).toMatch(/^liftgate_decision_retries_total 1$/m);
    expect(text).toMatch(/^liftgate_decision_troubles_total\{code="model_failed"\} 1$/m);
    expect(text).not.toContain(RECORD_EXAMPLE.decisionId);
    expect(text).not.toContain("u42");
  });

  it("measure stages and ages in seconds", async () => {
    const metrics = createMetrics();
    const decisions = exportDecisions(metrics);
    decisions.stage("score", 2);
    decisions.featureAge("p", 90_000);
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/^liftgate_decision_stage_seconds_sum\{stage="score"\} 0\.002$/m);
    expect(text).toMatch(/^liftgate_decision_stage_seconds_bucket\{le="0\.0025",stage="score"\} 1$/m);
    expect(text).toMatch(/^liftgate_feature_age_seconds_sum\{program="p"\} 90$/m);
  });

  it("belong to one registry each: two services in one process do not mix", async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    exportDecisions(one).retried();
    expect(await other.registry.metrics()).toMatch(/^liftgate_decision_retries_total 0$/m);
  });
});
