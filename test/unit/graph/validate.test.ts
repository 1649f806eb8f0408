import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

const node = (more: object = {}) => ({ container: { command: ["/bin/true"] }, ...more });
const problems = (spec: unknown) => {
  const validation = validatePipeline(spec);
  return validation.ok ? [] : validation.problems.map(formatProblem);
};

test.each([
  [
    "a cycle, with its path",
    { nodes: { a: node({ needs: ["b"] }), b: node({ needs: ["a"] }) } },
    "spec.nodes[a].needs: the nodes need each other in a circle: a → b → a; remove one of these needs",
  ],
  [
    "a need that is no node",
    { nodes: { a: node({ needs: ["x"] }), b: node() } },
    "spec.nodes[a].needs[0]: no node is called x; there are a, b",
  ],
  [
    "a node that needs itself",
    { nodes: { a: node({ needs: ["a"] }) } },
    "spec.nodes[a].needs[0]: a node cannot need itself",
  ],
  [
    "two verbs",
    { nodes: { a: node({ test: { connection: "w", checks: [{ sql: "select 1" }] } }) } },
    "spec.nodes[a]: exactly one of extract, load, transform, test, container must be set; found test and container",
  ],
  [
    "no verb",
    { nodes: { a: {} } },
    "spec.nodes[a]: exactly one of extract, load, transform, test, container must be set; found none of them",
  ],
  [
    "a misspelt field",
    { nodes: { a: node({ retry: 3 }) } },
    "spec.nodes[a].retry: unknown field retry; did you mean retries?",
  ],
  [
    "a field that resembles none",
    { nodes: { a: { container: { when: 1 } } } },
    "spec.nodes[a].container.when: unknown field when; the fields here are image, imagePullPolicy, command, args, env, connections, volumes, volumeMounts",
  ],
  [
    "a connection that is not there",
    {
      connections: { w: { postgres: {} } },
      nodes: { a: { test: { connection: "v", checks: [{ sql: "select 1" }] } } },
    },
    "spec.nodes[a].test.connection: no connection is called v; there are w",
  ],
  ["no node at all", { nodes: {} }, "spec: at least one node is needed"],
  ["a spec that is no object", null, "spec: expected a map, found null"],
])("refuses %s, at its place", (_, spec, message) => {
  expect(problems(spec)).toContain(message);
});

test("gives the graph and the defaults of a sound pipeline", () => {
  const validation = validatePipeline({ nodes: { b: node({ needs: ["a"] }), a: node() } });
  expect(validation).toMatchObject({
    ok: true,
    graph: { order: ["a", "b"] },
    spec: { suspend: false, history: { succeeded: 10 }, nodes: { a: { startTimeout: "5m" } } },
  });
});

const nested = (levels: number): unknown => (levels === 0 ? "x" : [nested(levels - 1)]);
const load = (from: object, to: object = {}) => ({
  connections: { w: { postgres: {} } },
  nodes: {
    raw: {
      load: {
        from: { connection: "w", tables: ["t"], ...from },
        to: { connection: "w", schema: "raw", ...to },
      },
    },
  },
});

test.each([
  [
    "a duration in words",
    { timeout: "5 minutes", nodes: { a: node() } },
    'spec.timeout: expected a duration such as 90s, 5m or 1h30m, found "5 minutes"',
  ],
  [
    "a duration without a unit",
    { timeout: 300, nodes: { a: node() } },
    "spec.timeout: expected a duration such as 90s, 5m or 1h30m, found 300",
  ],
  [
    "a number with a decimal point that should be text",
    { nodes: { a: node({ resources: { limits: { cpu: 0.5 } } }) } },
    "spec.nodes[a].resources.limits.cpu: expected a quantity such as 250m, 1 or 512Mi, in quotation marks where it has a decimal point, found 0.5",
  ],
  [
    "a name in capitals",
    { nodes: { Raw: node() } },
    'spec.nodes[Raw]: expected a name in lower-case letters, digits and dashes that begins with a letter, found "Raw"',
  ],
  [
    "a name that is too long",
    { nodes: { ["a".repeat(41)]: node() } },
    `spec.nodes[${"a".repeat(41)}]: expected at most 40 characters, found 41`,
  ],
  [
    "a number out of range",
    { retries: { limit: 100 }, nodes: { a: node() } },
    "spec.retries.limit: expected a whole number from 0 to 20, found 100",
  ],
  ["a missing field", load({}, { schema: undefined }), "spec.nodes[raw].load.to.schema: expected text, found nothing"],
  ["an empty list", load({ tables: [] }), "spec.nodes[raw].load.from.tables: expected at least 1 entries, found 0"],
  [
    "a value that is none of a few",
    {
      connections: { w: { postgres: {} } },
      nodes: { q: { test: { connection: "w", checks: [{ sql: "select 1", severity: "warning" }] } } },
    },
    'spec.nodes[q].test.checks[0].severity: expected one of error, warn, found "warning"; did you mean warn?',
  ],
  ["text for a flag", { suspend: "yes", nodes: { a: node() } }, 'spec.suspend: expected true or false, found "yes"'],
  [
    "a variable that is nested without an end",
    {
      connections: { w: { postgres: {} } },
      nodes: {
        m: { transform: { connection: "w", schema: "a", project: { configMap: "m" }, vars: { x: nested(17) } } },
      },
    },
    "spec.nodes[m].transform.vars.x: expected at most 16 levels of lists and maps",
  ],
  [
    "a name that no object can have",
    { connections: { w: { ref: "My_Warehouse" } }, nodes: { a: node() } },
    'spec.connections[w].ref: expected the name of an object, in lower-case letters, digits, dashes and dots, found "My_Warehouse"',
  ],
])("says what was expected and what was found: %s", (_, spec, message) => {
  expect(problems(spec)).toEqual([message]);
});

test("every unknown field of an object is a finding of its own", () => {
  expect(problems({ nodes: { a: { container: {}, wants: [], timeouts: "5m" } } })).toEqual([
    expect.stringContaining("unknown field wants"),
    "spec.nodes[a].timeouts: unknown field timeouts; did you mean timeout?",
  ]);
});

test("long values are cut in messages", () => {
  const [message] = problems({
    timeout: "x".repeat(32),
    connections: { w: { ref: "X".repeat(200) } },
    nodes: { a: node() },
  });
  expect(message?.length).toBeLessThan(200);
});

test("refuses a node that is too long for the environment variable that carries it", () => {
  const args = (count: number) => ({
    nodes: { big: { container: { args: Array.from({ length: count }, () => "x".repeat(4000)) } } },
  });
  expect(problems(args(16))).toEqual([]);
  expect(problems(args(17))).toEqual([
    expect.stringMatching(/^spec\.nodes\[big\]: expected at most 65536 bytes of JSON, found 68\d\d\d; split the node/),
  ]);
});

const landed = { extract: { from: { connection: "w", tables: ["t"] }, to: { connection: "lake", prefix: "raw/" } } };
const answer = { extract: { from: { connection: "api", http: {} }, to: { connection: "lake", key: "raw/a.json" } } };
const loads = (from: object, to: object = {}) => ({
  load: { from: { connection: "lake", ...from }, to: { connection: "w", schema: "raw", ...to } },
});
const lakeSpec = (nodes: object) => ({
  connections: {
    w: { postgres: {} },
    lake: { s3: { bucket: "lake" } },
    attic: { s3: { bucket: "attic" } },
    api: { http: { baseUrl: "http://api" } },
  },
  nodes,
});

test("a load of another node's files needs that node without saying so", () => {
  const validation = validatePipeline(lakeSpec({ a: loads({ node: "landed" }), landed }));
  expect(validation).toMatchObject({ ok: true, graph: { order: ["landed", "a"] } });
  expect(validation.ok && validation.graph.needs.get("a")).toEqual(["landed"]);
  expect(problems(lakeSpec({ raw: loads({ node: "answer" }, { table: "posts" }), answer }))).toEqual([]);
});

test.each([
  [
    "of a node that is not there",
    { raw: loads({ node: "x" }), landed },
    "spec.nodes[raw].load.from.node: no node that extracts into a bucket is called x; there are landed",
  ],
  [
    "of a node that extracts nothing",
    { raw: loads({ node: "b" }), b: node() },
    "spec.nodes[raw].load.from.node: no node that extracts into a bucket is called b; there are none",
  ],
  [
    "by another connection",
    { raw: loads({ node: "landed", connection: "attic" }), landed },
    "spec.nodes[raw].load.from.connection: node landed extracts into connection lake, and attic is read; name the same",
  ],
  [
    "of tables into one table",
    { raw: loads({ node: "landed" }, { table: "t" }), landed },
    "spec.nodes[raw].load.to.table: node landed extracts tables, which keep their own names; leave table out",
  ],
  [
    "of an answer into no table",
    { raw: loads({ node: "answer" }), answer },
    "spec.nodes[raw].load.to.table: node answer extracts into one object; name the table that it is loaded into",
  ],
  [
    "that the extract waits for",
    { raw: loads({ node: "landed" }), landed: { ...landed, needs: ["raw"] } },
    "spec.nodes[landed].needs: the nodes need each other in a circle: landed → raw → landed; remove one of these needs",
  ],
])("refuses a load of another node's files %s", (_, nodes, message) => {
  expect(problems(lakeSpec(nodes))).toEqual([message]);
});

test.each([
  [
    "tables of a bucket",
    { raw: loads({ tables: ["t"] }) },
    "spec.nodes[raw].load.from.connection: expected a connection of kind postgres, found lake, which is of kind s3",
  ],
  [
    "files of a database",
    { raw: loads({ files: { t: "t.csv" }, connection: "w" }) },
    "spec.nodes[raw].load.from.connection: expected a connection of kind s3 or files, found w, which is of kind postgres",
  ],
  [
    "an API of a bucket",
    { raw: loads({ http: { path: "posts", method: "GET", format: "json" } }, { table: "t" }) },
    "spec.nodes[raw].load.from.connection: expected a connection of kind http, found lake, which is of kind s3",
  ],
  [
    "a load into an API",
    { raw: loads({ files: { t: "t.csv" } }, { connection: "api" }) },
    "spec.nodes[raw].load.to.connection: expected a connection of kind postgres or redshift or snowflake, found api, which is of kind http",
  ],
  [
    "an answer of a database",
    { raw: { extract: { ...answer.extract, from: { connection: "w", http: {} } } } },
    "spec.nodes[raw].extract.from.connection: expected a connection of kind http, found w, which is of kind postgres",
  ],
])("refuses %s", (_, nodes, message) => {
  expect(problems(lakeSpec(nodes))).toEqual([message]);
});

test("artifacts of a dbt project go to a bucket that the pipeline has", () => {
  const models = (connection: string) => ({
    m: {
      transform: {
        ...{ connection: "w", schema: "a", project: { configMap: "m" }, command: "build" },
        artifacts: { connection, prefix: "dbt/m/" },
      },
    },
  });
  expect(problems(lakeSpec(models("lake")))).toEqual([]);
  expect(problems(lakeSpec(models("w")))).toEqual([
    "spec.nodes[m].transform.artifacts.connection: expected a connection of kind s3, found w, which is of kind postgres",
  ]);
  expect(problems(lakeSpec(models("nowhere")))).toEqual([
    "spec.nodes[m].transform.artifacts.connection: no connection is called nowhere; there are w, lake, attic, api",
  ]);
});

test("refuses two service accounts for one Job, with the places of both", () => {
  const spec = lakeSpec({ raw: loads({ files: { t: "t.csv" } }, { connection: "attic" }) });
  const bucket = (serviceAccountName: string) => ({ s3: { bucket: "lake", serviceAccountName } });
  const connections = { ...spec.connections, lake: bucket("reader"), attic: bucket("writer") };
  expect(problems({ ...spec, connections })).toContain(
    "spec.nodes[raw].load.to.connection: spec.connections[attic].s3.serviceAccountName is writer, and spec.connections[lake].s3.serviceAccountName of the same node is reader, but a Job runs as one account; name the same, or use secretRef for one of them",
  );
  const same = { ...connections, attic: bucket("reader") };
  expect(problems({ ...spec, connections: same })).not.toContainEqual(expect.stringContaining("one account"));
});

test("what a Connection resource is may be seen later", () => {
  const spec = {
    connections: { w: { ref: "warehouse" } },
    nodes: { q: { test: { connection: "w", checks: [{ sql: "select 1" }] } } },
  };
  expect(problems(spec)).toEqual([]);
});
