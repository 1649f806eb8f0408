import { afterAll, expect, test } from "vitest";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import {
  applyPipeline,
  createRun,
  DEMO,
  eventually,
  finishedRun,
  getJson,
  getRun,
  verdictOf,
} from "../support/cluster/kind.ts";

/* By what nodes begin, on a cluster: rules, conditions, failures that do not count, and what runs last. */

const made: string[] = [];
const exits = (code: number) => ({ container: { command: ["node", "-e", `process.exit(${code})`] } });
const OK = exits(0);

afterAll(() => {
  for (const name of made) kubectl(["delete", name, "-n", DEMO, "--ignore-not-found"]);
});

async function begin(name: string, spec: object): Promise<string> {
  made.push(`pipeline/${name}`);
  await applyPipeline(name, spec);
  return createRun(name);
}

const statesOf = ({ status }: Awaited<ReturnType<typeof finishedRun>>) =>
  Object.fromEntries(Object.entries(status.nodes ?? {}).map(([name, { state, reason }]) => [name, [state, reason]]));

test("a failure far above starts the node that reports it, and finally nodes run in any case", async () => {
  const run = await finishedRun(
    await begin("rules-failure", {
      nodes: {
        raw: exits(64),
        models: { needs: ["raw"], ...OK },
        report: { needs: ["models"], triggerRule: "anyFailed", ...OK },
        thanks: { needs: ["models"], triggerRule: "noneFailed", ...OK },
        clean: { finally: true, when: "run.failedNodes == ['raw'] && nodes.report.state == 'Succeeded'", ...OK },
      },
    }),
  );
  expect(verdictOf(run)).toBe("False Failed");
  expect(statesOf(run)).toEqual({
    raw: ["Failed", "ConfigurationError"],
    models: ["Skipped", "UpstreamFailed"],
    report: ["Succeeded", undefined],
    thanks: ["Skipped", "UpstreamFailed"],
    clean: ["Succeeded", undefined],
  });
});

test("a branch whose condition is false and a failure that does not count let the run succeed", async () => {
  const run = await finishedRun(
    await begin("rules-branches", {
      nodes: {
        first: OK,
        left: { needs: ["first"], when: "nodes.first.state == 'Succeeded'", ...OK },
        right: { needs: ["first"], when: "nodes.first.rows > 0", ...OK },
        extra: { needs: ["first"], onFailure: "continue", ...exits(64) },
        join: { needs: ["left", "right", "extra"], triggerRule: "noneFailed", ...OK },
      },
    }),
  );
  expect(verdictOf(run)).toBe("True Succeeded");
  expect(statesOf(run)).toMatchObject({
    left: ["Succeeded", undefined],
    right: ["Skipped", "ConditionFalse"],
    extra: ["Failed", "ConfigurationError"],
    join: ["Succeeded", undefined],
  });
});

test("a run that is cancelled ends after its finally nodes", async () => {
  const slow = { container: { command: ["node", "-e", "setTimeout(() => {}, 600_000)"] } };
  const name = await begin("rules-cancel", { nodes: { slow, clean: { finally: true, when: "run.stopped", ...OK } } });
  await eventually("node slow runs", () => getRun(name).status.nodes?.slow?.state === "Running");
  mustKubectl(["patch", "plr", name, "-n", DEMO, "--type=merge", "-p", '{"spec":{"cancelled":true}}']);
  const run = await finishedRun(name);
  expect(verdictOf(run)).toBe("False Cancelled");
  expect(statesOf(run)).toMatchObject({ slow: ["Cancelled", undefined], clean: ["Succeeded", undefined] });
});

test("an attempt that was killed for its memory is followed by one with more", async () => {
  const greedy = {
    container: { command: ["node", "-e", "Buffer.alloc(250_000_000, 1)"] },
    resources: { limits: { memory: "128Mi" } },
    retries: { limit: 2, memory: { factor: 8, max: "1Gi" }, backoff: { initial: "1s" } },
  };
  const name = await begin("rules-memory", { nodes: { greedy } });
  const run = await finishedRun(name);
  expect(verdictOf(run)).toBe("True Succeeded");
  expect(run.status.nodes?.greedy).toMatchObject({ state: "Succeeded", attempt: 2 });
  const job = getJson("job", `${name}-greedy-a2`, DEMO) as {
    readonly spec: {
      readonly template: { readonly spec: { readonly containers: readonly { readonly resources: object }[] } };
    };
  };
  expect(job.spec.template.spec.containers[0]?.resources).toMatchObject({ limits: { memory: "1Gi" } });
});
