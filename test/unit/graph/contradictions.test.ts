import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

function problems(spec: object): string[] {
  const validation = validatePipeline(spec);
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

const one = (node: object, more: object = {}) => ({ ...more, nodes: { a: { container: {}, ...node } } });

test("a manifest with many mistakes learns of all of them at once, each with its place", () => {
  const spec = {
    timeout: "0s",
    nodes: {
      a: {
        attemptTimeout: "1h",
        timeout: "5m",
        startTimeout: "0s",
        container: { image: "Not A Valid Image" },
        resources: { requests: { memory: "2Gi" }, limits: { memory: "1Gi" } },
      },
      b: { needs: ["a", "a"], container: {}, resources: { limits: { memory: "64m" } } },
    },
  };
  expect(problems(spec)).toEqual([
    "spec.timeout: expected more than 0s, found 0s; leave it out where there is no limit",
    "spec.nodes[a].startTimeout: expected more than 0s, found 0s; leave it out where there is no limit",
    "spec.nodes[a].attemptTimeout: an attempt may take 1h, and the node with all its attempts 5m: give the node more time, or an attempt less",
    "spec.nodes[a].resources.requests.memory: a request of 2Gi is more than the limit of 1Gi",
    "spec.nodes[b].resources.limits.memory: expected whole bytes, found 64m; 64Mi is 64 mebibytes, and 64m is 0.064 bytes",
    'spec.nodes[a].container.image: an image has no spaces in it, found "Not A Valid Image"',
    "spec.nodes[b].needs[1]: a is named twice; name it once",
  ]);
});

test.each([
  [
    "a timeout of minutes that are none",
    one({ timeout: "0m0s" }),
    "spec.nodes[a].timeout: expected more than 0s, found 0m0s",
  ],
  [
    "an attempt without time",
    one({ attemptTimeout: "0ms" }),
    "spec.nodes[a].attemptTimeout: expected more than 0s, found 0ms",
  ],
  [
    "a node that may take longer than its run",
    one({ timeout: "1h" }, { timeout: "5m" }),
    "spec.nodes[a].timeout: the node may take 1h, and the whole run 5m (spec.timeout): give the run more time, or the node less",
  ],
  [
    "an attempt that may take longer than its run",
    one({ attemptTimeout: "1h" }, { timeout: "5m" }),
    "spec.nodes[a].attemptTimeout: an attempt may take 1h, and the whole run 5m (spec.timeout)",
  ],
  [
    "a start that may take longer than its node",
    one({ timeout: "10m", startTimeout: "1h" }),
    "spec.nodes[a].startTimeout: the pod may take 1h to start, and the node may take 10m in all (timeout): raise timeout, or shorten startTimeout",
  ],
  [
    "a start that may take longer than its attempt",
    one({ attemptTimeout: "10m", startTimeout: "1h", timeout: "2h" }),
    "spec.nodes[a].startTimeout: the pod may take 1h to start, and an attempt may take 10m in all (attemptTimeout): raise attemptTimeout, or",
  ],
  [
    "a start that may take longer than its run",
    one({ startTimeout: "1h" }, { timeout: "30m" }),
    "spec.nodes[a].startTimeout: the pod may take 1h to start, and the whole run may take 30m in all (spec.timeout)",
  ],
  [
    "a wait for room that may be longer than its node",
    one({ timeout: "10m", capacityTimeout: "1h" }),
    "spec.nodes[a].capacityTimeout: the node may wait for room for 1h, and the node may take 10m in all (timeout): raise timeout, or shorten capacityTimeout",
  ],
  [
    "a wait for room that may be longer than its run",
    one({ capacityTimeout: "2d" }, { timeout: "1d" }),
    "spec.nodes[a].capacityTimeout: the node may wait for room for 2d, and the whole run may take 1d in all (spec.timeout)",
  ],
  [
    "a wait for room that is none",
    one({ capacityTimeout: "0s" }),
    "spec.nodes[a].capacityTimeout: expected more than 0s, found 0s",
  ],
  [
    "a timeout that no calendar holds",
    one({}, { timeout: "99999999d" }),
    "spec.timeout: expected less than a hundred years, found 99999999d",
  ],
  [
    "a first waiting time above the longest",
    one({ retries: { backoff: { initial: "1h", max: "1m" } } }),
    "spec.nodes[a].retries.backoff.initial: the first waiting time is 1h, and the longest one 1m: initial cannot be more than max",
  ],
  [
    "a first waiting time above the longest that the pipeline gives",
    one({ retries: { backoff: { initial: "1h" } } }, { retries: { backoff: { max: "30m" } } }),
    "spec.nodes[a].retries.backoff.initial: the first waiting time is 1h, and the longest one 30m",
  ],
  [
    "a longest waiting time below the first that is the default",
    one({}, { retries: { backoff: { max: "5s" } } }),
    "spec.retries.backoff.max: the first waiting time is 10s, and the longest one 5s",
  ],
  [
    "runs that are kept and deleted at once",
    one({}, { history: { succeeded: 3, failed: 0, ttl: "0s" } }),
    "spec.history.ttl: 0s deletes a run the moment it ends, and history.succeeded keeps 3",
  ],
  [
    "a request above the pipeline's limit",
    one({ resources: { requests: { cpu: 2 } } }, { resources: { limits: { cpu: "1500m" } } }),
    "spec.nodes[a].resources.requests.cpu: a request of 2 is more than the limit of 1500m of spec.resources",
  ],
  [
    "a limit below the pipeline's request",
    one({ resources: { limits: { memory: "1Gi" } } }, { resources: { requests: { memory: "2Gi" } } }),
    "spec.nodes[a].resources.limits.memory: a request of 2Gi of spec.resources is more than the limit of 1Gi",
  ],
  [
    "a request above the limit for every node",
    one({}, { resources: { requests: { memory: "2Gi" }, limits: { memory: "1Gi" } } }),
    "spec.resources.requests.memory: a request of 2Gi is more than the limit of 1Gi",
  ],
  [
    "a limit of nothing",
    one({ resources: { limits: { cpu: 0 } } }),
    "spec.nodes[a].resources.limits.cpu: expected more than 0, found 0",
  ],
])("finds %s once, at its place", (_, spec, message) => {
  expect(problems(spec)).toEqual([expect.stringContaining(message)]);
});

test.each([
  ["no waiting between attempts", one({ retries: { backoff: { initial: "0s" } } })],
  ["an attempt as long as its node", one({ timeout: "1h", attemptTimeout: "60m" })],
  ["waits by default that a short timeout ends", one({ timeout: "1m", attemptTimeout: "30s" }, { timeout: "1m" })],
  ["a start as long as its node", one({ timeout: "1h", startTimeout: "60m", capacityTimeout: "30m" })],
  ["runs that nobody keeps", one({}, { history: { succeeded: 0, failed: 0, ttl: "0s" } })],
  [
    "a request that is the limit, written otherwise",
    one({ resources: { requests: { cpu: 1 }, limits: { cpu: "1000m" } } }),
  ],
  ["a request of nothing", one({ resources: { requests: { cpu: 0 } } })],
  [
    "a node whose own amounts are in order under a pipeline whose are too",
    one({ resources: { requests: { cpu: 2 }, limits: { cpu: 4 } } }, { resources: { limits: { cpu: 1 } } }),
  ],
])("accepts %s", (_, spec) => {
  expect(problems(spec)).toEqual([]);
});
