import { afterAll, expect, test } from "vitest";
import { kubectl } from "../support/cluster/cluster.ts";
import { applyPipeline, createRun, DEMO, finishedRun, sql, verdictOf } from "../support/cluster/kind.ts";

/** A pipeline whose target, filter and program depend on parameters, and whose last node is told how many rows were loaded. */
const SPEC = {
  params: {
    schema: { default: "params_a" },
    before: { type: "date", default: "2100-01-01", description: "Rows of earlier days alone." },
    note: { required: false },
  },
  connections: {
    source: { postgres: { secretRef: "films-source" } },
    warehouse: { postgres: { secretRef: "films-warehouse" } },
  },
  nodes: {
    raw: {
      load: {
        from: { connection: "source", tables: ["films"] },
        to: { connection: "warehouse", schema: "$(params.schema)" },
      },
    },
    handed: {
      container: {
        env: { ROWS: "$(nodes.raw.rows)", NOTE: "$(params.note)", DAY: "$(params.before:%d.%m.%Y)" },
        command: ["node", "-e", "process.exit(process.env.ROWS > 0 && process.argv[1] === process.env.NOTE ? 0 : 65)"],
        args: ["$(params.note)"],
      },
    },
  },
};
const HOSTILE = `"; drop schema params_a; -- $(rm -rf /) \${HOME} $$(x) 'quoted' ü`;

afterAll(() => {
  kubectl(["delete", "pipeline", "params", "-n", DEMO, "--ignore-not-found"]);
  for (const schema of ["params_a", "params_b"]) sql("warehouse", `drop schema if exists ${schema} cascade`);
});

test("runs of one pipeline load where their parameters say, and hand values on as data, whatever stands in them", async () => {
  await applyPipeline("params", SPEC);
  for (const schema of ["params_a", "params_b"]) {
    const run = await finishedRun(createRun("params", { params: { schema, note: HOSTILE } }));
    expect(verdictOf(run), JSON.stringify(run.status)).toBe("True Succeeded");
    expect(run.status.params).toEqual({ schema, before: "2100-01-01", note: HOSTILE });
    expect(Number(sql("warehouse", `select count(*) from ${schema}.films`))).toBe(run.status.nodes?.raw?.rows);
  }
});

test("a run with wrong and unknown parameters does not begin, and says all that is wrong with them", async () => {
  await applyPipeline("params", SPEC);
  const run = await finishedRun(createRun("params", { params: { shema: "x", before: "soon", schema: "a" } }));
  expect(verdictOf(run)).toBe("False InvalidParameters");
  const message = run.status.conditions?.[0]?.message ?? "";
  expect(message).toContain("spec.params[shema]: no parameter is called shema; did you mean schema?");
  expect(message).toContain('spec.params[before]: expected a day such as 2026-12-01, found "soon"');
  expect(run.status.nodes ?? {}).toEqual({});
});

test("a value that is no part of a name does not reach the warehouse", async () => {
  await applyPipeline("params", SPEC);
  const run = await finishedRun(createRun("params", { params: { schema: 'a"; drop schema raw; --' } }));
  expect(verdictOf(run)).toBe("False InvalidParameters");
  expect(run.status.conditions?.[0]?.message).toContain("spec.nodes[raw].load.to.schema");
});

test("the API server keeps a run's parameters as they are, and refuses declarations that make no sense", () => {
  const pipeline = (params: object) => ({
    apiVersion: "kelt.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: "params-wrong", namespace: DEMO },
    spec: { params, nodes: { a: { container: {} } } },
  });
  for (const params of [
    { "a-b": {} },
    { a: { type: "int" } },
    { a: { min: 1 } },
    { a: { type: "date", pattern: "x" } },
  ])
    expect(kubectl(["apply", "--dry-run=server", "-f", "-"], pipeline(params)).text).toMatch(/spec\.params/);
  const name = createRun("params", { params: { schema: "a" } });
  const patch = ["patch", "plr", name, "-n", DEMO, "--type=merge", "-p", '{"spec":{"params":{"schema":"b"}}}'];
  expect(kubectl(patch).text).toContain("params cannot be changed: create another run");
  kubectl(["delete", "plr", name, "-n", DEMO]);
});
