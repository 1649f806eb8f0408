import { expect, test } from "vitest";
import { decide } from "../../../operator/run/decide.ts";
import { aFailedJob, anAttempt, anEndedPod, aPipeline, aPod, someFacts, T0 } from "../../support/manifests/make.ts";

const spec = aPipeline({ a: [] });
const nodeOf = (...[attempts, nodes, now = T0]: [ReturnType<typeof anAttempt>[], object?, number?]) => {
  const facts = someFacts(spec, { attempts: new Map([["a", attempts]]), now });
  const { run } = facts;
  const stored = nodes === undefined ? run.status : { ...run.status, nodes: { a: nodes } };
  return decide({ ...facts, run: { ...run, status: stored } as typeof run }).verdict?.nodes.a;
};

test("a node's status names the Job of its latest attempt, while it works and after it has failed", () => {
  const attempt = anAttempt("a", 1, [aPod({ runningSince: T0 })]);
  expect(nodeOf([attempt])).toMatchObject({ state: "Running", job: attempt.job?.name });
  const failed = anAttempt("a", 1, [anEndedPod(64)], aFailedJob("PodFailurePolicy"));
  expect(nodeOf([failed])).toMatchObject({ state: "Failed", job: failed.job?.name });
});

test("the name stays when the Job has gone, and gives way to the next attempt's", () => {
  const gone = { attempt: 1, pods: [] };
  expect(nodeOf([gone], { state: "Running", attempt: 1, job: "films-1-a-a1" })).toMatchObject({ job: "films-1-a-a1" });
  const next = anAttempt("a", 2, []);
  expect(nodeOf([next], { state: "Starting", attempt: 1, job: "films-1-a-a1" })).toMatchObject({
    attempt: 2,
    job: next.job?.name,
  });
});
