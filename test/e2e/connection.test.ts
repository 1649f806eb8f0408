import { afterAll, expect, test } from "vitest";
import type { ConnectionStatus } from "#api/connection.ts";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import {
  applyPipeline,
  createRun,
  DEMO,
  eventually,
  finishedRun,
  getJson,
  SYSTEM,
  verdictOf,
} from "../support/cluster/kind.ts";

const made = [
  ...["shared", "unreachable", "api", "facts", "no-facts"].map((name) => `connection/${name}`),
  "pipeline/by-reference",
];

afterAll(() => {
  for (const name of made) kubectl(["delete", name, "-n", DEMO, "--ignore-not-found"]);
});

function applyConnection(name: string, spec: object): void {
  mustKubectl(["apply", "-f", "-"], {
    apiVersion: "kelt.dev/v1alpha1",
    kind: "Connection",
    metadata: { name, namespace: DEMO },
    spec,
  });
}

/** The status once a request was answered; `token` is the annotation's value, empty for the spec's own test. */
async function testedStatus(name: string, token = ""): Promise<ConnectionStatus> {
  return await eventually(
    `the test of connection ${name}`,
    () => {
      const { status } = getJson("connection", name) as { status?: ConnectionStatus };
      const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status ?? "Unknown";
      return ready !== "Unknown" && (status?.testRequested ?? "") === token ? status : undefined;
    },
    () => JSON.stringify(getJson("connection", name)),
  );
}

test("a Connection is tested when it is applied and again when somebody asks, and says what answered", async () => {
  applyConnection("shared", { postgres: { secretRef: "films-warehouse" } });
  const first = await testedStatus("shared");
  expect(first.conditions).toEqual([expect.objectContaining({ type: "Ready", status: "True" })]);
  expect(first.serverVersion).toMatch(/1[5-9]/);
  mustKubectl(["annotate", "connection", "shared", "-n", DEMO, "kelt.dev/test-requested=again", "--overwrite"]);
  const second = await testedStatus("shared", "again");
  expect(second.conditions).toEqual([expect.objectContaining({ type: "Ready", status: "True" })]);
});

test("a Connection that nobody answers says so, with its host", async () => {
  applyConnection("unreachable", { postgres: { secretRef: "films-warehouse", host: "no-such-host" } });
  const { conditions } = await testedStatus("unreachable");
  const ready = conditions?.find(({ type }) => type === "Ready");
  expect(ready).toMatchObject({ status: "False" });
  expect(ready?.message).toContain("no-such-host");
});

test("an HTTP API and the files of a ConfigMap are tested, and one that is not there is told", async () => {
  applyConnection("api", { http: { baseUrl: `http://kelt-metrics.${SYSTEM}:8080`, testPath: "healthz" } });
  applyConnection("facts", { files: { configMap: "source-facts" } });
  applyConnection("no-facts", { files: { configMap: "nowhere" } });
  const [api, facts, missing] = await Promise.all(["api", "facts", "no-facts"].map((name) => testedStatus(name)));
  expect(api).toMatchObject({ serverVersion: "HTTP 200", conditions: [{ status: "True", reason: "Reachable" }] });
  expect(facts).toMatchObject({
    serverVersion: "ConfigMap source-facts with 6 files",
    conditions: [{ status: "True" }],
  });
  expect(missing?.conditions).toMatchObject([
    { status: "False", reason: "ConfigurationError", message: expect.stringContaining('ConfigMap "nowhere"') },
  ]);
  const columns = mustKubectl(["get", "connection", "api", "-n", DEMO, "--no-headers"])
    .trim()
    .split(/\s{2,}/);
  expect(columns).toEqual([
    "api",
    "True",
    "Reachable",
    "HTTP 200",
    expect.stringMatching(/^\d+$/),
    ...Array(2).fill(expect.stringMatching(/^\d+[sm]/)),
  ]);
});

test("a pipeline uses a Connection by its name", async () => {
  applyConnection("shared", { postgres: { secretRef: "films-warehouse" } });
  await applyPipeline("by-reference", {
    connections: { warehouse: { ref: "shared" } },
    nodes: {
      quality: {
        test: { connection: "warehouse", checks: [{ table: "analytics.film_ratings", rowCount: { min: 1 } }] },
      },
    },
  });
  const run = await finishedRun(createRun("by-reference"));
  expect(verdictOf(run), JSON.stringify(run.status.nodes)).toBe("True Succeeded");
});
