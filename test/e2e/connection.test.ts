import { afterAll, expect, test } from "vitest";
import type { ConnectionStatus } from "#api/connection.ts";
import { kubectl, mustKubectl } from "../support/cluster.ts";
import { applyPipeline, createRun, DEMO, eventually, finishedRun, getJson, verdictOf } from "../support/kind.ts";

const made = ["connection/shared", "connection/unreachable", "pipeline/by-reference"];

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
