import { afterAll, expect, test } from "vitest";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import { applyPipeline, createRun, DEMO, eventually, finishedRun, getRun, verdictOf } from "../support/cluster/kind.ts";

/*
 * What people get wrong, and the words they get for it, each at the object where they look first.
 */
const CONNECTIONS = {
  source: { postgres: { secretRef: "films-source" } },
  warehouse: { postgres: { secretRef: "films-warehouse" } },
};
const LOAD = {
  from: { connection: "source", tables: ["films"] },
  to: { connection: "warehouse", schema: "raw_wrong" },
};
const made: string[] = [];

afterAll(() => {
  for (const name of made) kubectl(["delete", name, "-n", DEMO, "--ignore-not-found"]);
});

async function runOf(name: string, spec: object): Promise<string> {
  made.push(`pipeline/${name}`);
  await applyPipeline(name, spec);
  return createRun(name);
}

async function failureOf(name: string, spec: object, node: string) {
  const run = await finishedRun(await runOf(name, spec));
  expect(verdictOf(run)).toBe("False Failed");
  const status = run.status.nodes?.[node];
  expect(run.status.conditions?.[0]?.message).toContain(node);
  return {
    attempt: status?.attempt,
    reason: status?.reason,
    message: status?.message ?? "",
    describe: kubectl(["describe", "plr", run.metadata.name, "-n", DEMO]).text,
  };
}

function secret(name: string, values: Record<string, string>): void {
  made.push(`secret/${name}`);
  mustKubectl(["apply", "-f", "-"], {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: DEMO },
    stringData: values,
  });
}

test("a wrong password names the connection, the role and the server, and never the password", async () => {
  secret("wrong-password", {
    host: "source",
    port: "5432",
    dbname: "demo",
    user: "demo",
    password: "not-the-password-4711",
  });
  const connections = { ...CONNECTIONS, source: { postgres: { secretRef: "wrong-password" } } };
  const failure = await failureOf("wrong-password", { connections, nodes: { raw: { load: LOAD } } }, "raw");
  expect(failure).toMatchObject({ attempt: 1, reason: "ConfigurationError" });
  expect(failure.message).toMatch(/connection source/);
  expect(failure.message).toMatch(/password/);
  expect(failure.describe).not.toContain("4711");
});

test("a Secret that does not exist is named, with the keys it should have", async () => {
  const connections = { ...CONNECTIONS, source: { postgres: { secretRef: "nobody-made-this" } } };
  const failure = await failureOf("no-secret", { connections, nodes: { raw: { load: LOAD } } }, "raw");
  expect(failure).toMatchObject({ attempt: 1, reason: "ConfigurationError" });
  expect(failure.message).toMatch(/nobody-made-this/);
  expect(failure.message).toMatch(/password/);
});

test("an unknown table is named beside the tables that are there", async () => {
  const load = { ...LOAD, from: { connection: "source", tables: ["film"] } };
  const failure = await failureOf("no-table", { connections: CONNECTIONS, nodes: { raw: { load } } }, "raw");
  expect(failure).toMatchObject({ attempt: 1, reason: "ConfigurationError" });
  expect(failure.message).toMatch(/film\b.*films/s);
});

test("a misspelt column in a model is found at its file and line, and what is downstream is skipped", async () => {
  made.push("configmap/misspelt");
  mustKubectl(["apply", "-f", "-"], {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "misspelt", namespace: DEMO },
    data: { "dbt_project.yml": "name: misspelt\n", "titles.sql": "select film_id,\n  titel\nfrom raw.films" },
  });
  const nodes = {
    models: { transform: { connection: "warehouse", schema: "wrong", project: { configMap: "misspelt" } } },
    after: {
      needs: ["models"],
      test: { connection: "warehouse", checks: [{ table: "wrong.titles", rowCount: { min: 1 } }] },
    },
  };
  const run = await finishedRun(await runOf("misspelt", { connections: CONNECTIONS, nodes }));
  expect(run.status.nodes).toMatchObject({
    models: { state: "Failed", attempt: 1, reason: "ConfigurationError" },
    after: { state: "Skipped", message: "needs models (Failed)" },
  });
  expect(run.status.nodes?.models?.message).toMatch(/titles\.sql:2:3.*titel/s);
});

test("a check of a column that does not exist says so plainly and lists the columns", async () => {
  const checks = [{ table: "analytics.film_ratings", unique: ["no_such_column"] }];
  const failure = await failureOf(
    "no-column",
    { connections: CONNECTIONS, nodes: { quality: { test: { connection: "warehouse", checks } } } },
    "quality",
  );
  expect(failure).toMatchObject({ attempt: 1, reason: "ConfigurationError" });
  expect(failure.message).toMatch(/no_such_column.*film_ratings/s);
  expect(failure.message).toMatch(/film_id/);
});

test("a failing check says how many rows fail, and the run shows the count", async () => {
  const checks = [
    { table: "analytics.film_ratings", acceptedValues: { column: "rating_category", values: ["Excellent"] } },
    { table: "analytics.film_ratings", rowCount: { max: 1 }, severity: "warn" },
  ];
  const run = await finishedRun(
    await runOf("bad-data", {
      connections: CONNECTIONS,
      nodes: { quality: { test: { connection: "warehouse", checks } } },
    }),
  );
  expect(run.status.nodes?.quality).toMatchObject({
    state: "Failed",
    reason: "DataError",
    tests: { passed: 0, failed: 1, warned: 1, errored: 0 },
  });
});

test("a cycle is shown on the Pipeline with its path, and a run of it fails at once", async () => {
  const node = (need: string) => ({ needs: [need], container: { command: ["/bin/true"] } });
  made.push("pipeline/cycle");
  const status = await applyPipeline("cycle", { nodes: { a: node("c"), b: node("a"), c: node("b") } });
  expect(status.conditions).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        type: "Stalled",
        status: "True",
        reason: "InvalidGraph",
        message: expect.stringContaining("a → c → b → a"),
      }),
      expect.objectContaining({ type: "Ready", status: "False" }),
    ]),
  );
  const run = await finishedRun(createRun("cycle"));
  expect(verdictOf(run)).toBe("False InvalidPipeline");
});

test("an unknown field is refused at apply, with its path", () => {
  const { ok, text } = kubectl(["apply", "-f", "-"], {
    apiVersion: "kelt.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: "typo", namespace: DEMO },
    spec: { nodes: { a: { container: {}, retrys: { limit: 3 } } } },
  });
  expect(ok).toBe(false);
  expect(text).toMatch(/unknown field "spec\.nodes\.a\.retrys"/);
});

test("an image that cannot be pulled is reported while the pod waits, and times out with that reason", async () => {
  const nodes = {
    a: {
      startTimeout: "15s",
      retries: { limit: 0 },
      container: { image: "localhost:1/nobody/none:1", command: ["/none"] },
    },
  };
  const name = await runOf("no-image", { nodes });
  const waiting = await eventually("the reason", () => {
    const node = getRun(name).status.nodes?.a;
    return node?.state === "Starting" && node.reason !== undefined ? node : undefined;
  });
  expect(waiting.reason).toMatch(/ErrImagePull|ImagePullBackOff/);
  const run = await finishedRun(name);
  expect(run.status.nodes?.a).toMatchObject({ state: "Failed", reason: "StartTimedOut" });
  expect(run.status.nodes?.a?.message).toMatch(/ErrImagePull|ImagePullBackOff/);
  await eventually("the Job to be stopped", () =>
    kubectl(["get", "jobs", "-n", DEMO, "-l", `kelt.dev/run=${name}`, "-o", "name"]).stdout === "" ? true : undefined,
  );
});

test("a run of a Pipeline that does not exist says so", async () => {
  const name = createRun("nobody");
  made.push(`plr/${name}`);
  const condition = await eventually("the reason", () => getRun(name).status.conditions?.[0]);
  expect(condition).toMatchObject({
    status: "Unknown",
    reason: "PipelineNotFound",
    message: expect.stringContaining("nobody"),
  });
});
