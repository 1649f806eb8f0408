import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { customResourceDefinition } from "#api/crd.ts";
import { CUSTOM_KINDS } from "#api/kinds/custom-kinds.ts";
import { API_VERSION, GROUP, VERSION } from "#api/metadata.ts";
import { NEEDS_MAX, NODES_MAX, SPEC_BYTES_MAX } from "#api/pipeline.ts";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import { REFUSED_MANIFESTS } from "../support/manifests/refused-manifests.ts";

/** The CRDs live in a group of the test's own, so that an operator in the same cluster never sees its objects. */
const TEST_GROUP = `t${randomBytes(4).toString("hex")}.${GROUP}`;
const crds = CUSTOM_KINDS.map((kind) => {
  const crd = customResourceDefinition(kind);
  const name = `${kind.plural}.${TEST_GROUP}`;
  return { ...crd, metadata: { name }, spec: { ...crd.spec, group: TEST_GROUP } };
});

const LIST = { apiVersion: "v1", kind: "List" };
const resource = (plural: string) => `${plural}.${TEST_GROUP}`;
const inTestGroup = <T extends object>(manifest: T) => ({ ...manifest, apiVersion: `${TEST_GROUP}/${VERSION}` });
const node = { container: { args: ["true"] } };

function object(kind: string, name: string, spec: unknown) {
  return inTestGroup({ apiVersion: API_VERSION, kind, metadata: { name, namespace: "default" }, spec });
}

const create = (manifest: unknown, ...args: readonly string[]) => kubectl(["create", "-f", "-", ...args], manifest);
const patch = (kind: string, name: string, body: unknown, ...args: readonly string[]) =>
  kubectl(["patch", resource(kind), name, "--type=merge", `--patch=${JSON.stringify(body)}`, ...args]);
const read = (kind: string, name: string) => JSON.parse(mustKubectl(["get", resource(kind), name, "-o", "json"]));

beforeAll(() => {
  mustKubectl(["create", "-f", "-"], { ...LIST, items: crds });
  mustKubectl([
    "wait",
    "--for=condition=Established",
    "--timeout=30s",
    ...crds.map((crd) => `crd/${crd.metadata.name}`),
  ]);
});

afterAll(() => {
  mustKubectl(["delete", "--ignore-not-found", "--wait=false", "crd", ...crds.map((crd) => crd.metadata.name)]);
});

test("the API server accepts every CRD, finds its schema structural and its rules affordable", () => {
  for (const crd of crds) {
    const { status } = JSON.parse(mustKubectl(["get", "crd", crd.metadata.name, "-o", "json"]));
    const conditions = status.conditions.map(
      ({ type, status }: { type: string; status: string }) => `${type}=${status}`,
    );
    expect(conditions).toContain("NamesAccepted=True");
    expect(conditions).not.toContain("NonStructuralSchema=True");
  }
});

test.each(REFUSED_MANIFESTS)("$title is refused", ({ manifest, server }) => {
  const { ok, text } = create(inTestGroup(manifest), "--dry-run=server");
  expect(ok).toBe(false);
  expect(text).toContain(server);
});

test("the largest pipeline that the schema allows costs the API server less than its limit", () => {
  const names = Array.from({ length: NODES_MAX }, (_, index) => `n${index}`);
  const load = { from: { connection: "c", tables: ["t"] }, to: { connection: "c", schema: "s" } };
  // As many needs as a spec has room for: of every node alike, and as many as one may have.
  for (const [each, last] of [
    [50, 50],
    [1, NEEDS_MAX],
  ] as const) {
    const nodes = names.map((name, index) => {
      const needs = names.slice(Math.max(0, index - (index === NODES_MAX - 1 ? last : each)), index);
      return [name, { needs, load }];
    });
    const spec = { connections: { c: { postgres: { secretRef: "s" } } }, nodes: Object.fromEntries(nodes) };
    expect(Buffer.byteLength(JSON.stringify(spec))).toBeLessThanOrEqual(SPEC_BYTES_MAX);
    expect(create(object("Pipeline", "largest", spec), "--dry-run=server").text).toContain("created (server dry run)");
  }
});

test("defaults are filled in, at every depth", () => {
  mustKubectl(["create", "-f", "-"], object("Pipeline", "defaults", { nodes: { a: node } }));
  expect(read("pipelines", "defaults").spec).toEqual({
    suspend: false,
    startAhead: 1,
    finallyTimeout: "10m",
    history: { succeeded: 10, failed: 10, ttl: "30d" },
    nodes: { a: { ...node, startTimeout: "5m", capacityTimeout: "12h" } },
  });
});

test("what a node leaves out of its retries and resources stays out, so that its pipeline's counts", () => {
  const own = { ...node, retries: { limit: 5 }, resources: { requests: { cpu: 1 } } };
  mustKubectl(["create", "-f", "-"], object("Pipeline", "merged", { retries: {}, nodes: { a: own } }));
  const { retries, nodes } = read("pipelines", "merged").spec;
  expect({ retries, a: nodes.a }).toEqual({ retries: {}, a: { ...own, startTimeout: "5m", capacityTimeout: "12h" } });
});

describe("a run", () => {
  beforeAll(() => {
    const params = { region: "eu", limit: 5, share: 0.5, full: false, kinds: ["a", 1, true] };
    mustKubectl(["create", "-f", "-"], object("PipelineRun", "run", { pipeline: "films", timeout: "1h", params }));
    mustKubectl(["create", "-f", "-"], object("PipelineRun", "other", { pipeline: "other" }));
  });

  test.each([
    ["its pipeline", { spec: { pipeline: "others" } }, "pipeline cannot be changed: create another run"],
    ["its timeout", { spec: { timeout: "2h" } }, "timeout cannot be changed: create another run"],
    [
      "the time that it is for",
      { spec: { scheduled: "2026-12-01T06:00:00Z" } },
      "scheduled cannot be changed: create another run",
    ],
    [
      "its interval",
      { spec: { interval: { start: "2026-11-30T06:00:00Z", end: "2026-12-01T06:00:00Z" } } },
      "interval cannot be changed: create another run",
    ],
    ["a parameter", { spec: { params: { limit: 6 } } }, "params cannot be changed: create another run"],
    ["an item of a parameter", { spec: { params: { kinds: ["a", 2, true] } } }, "params cannot be changed"],
    ["the number of its parameters", { spec: { params: { more: 1 } } }, "params cannot be changed"],
    ["the absence of a parameter", { spec: { params: { full: null } } }, "params cannot be changed"],
    ["the absence of its timeout", { spec: { timeout: null } }, "timeout cannot be changed: create another run"],
  ])("cannot change %s", (_, body, message) => {
    const { ok, text } = patch("pipelineruns", "run", body);
    expect(ok).toBe(false);
    expect(text).toContain(message);
  });

  test("can be cancelled, once and for all", () => {
    expect(patch("pipelineruns", "other", { spec: { cancelled: true } }).text).toContain("patched");
    expect(patch("pipelineruns", "other", { spec: { cancelled: false } }).text).toContain(
      "a cancelled run cannot go on",
    );
  });

  test("keeps its parameters as they were written, of every type", () => {
    const params = { region: "eu", limit: 5, share: 0.5, full: false, kinds: ["a", 1, true] };
    expect(read("pipelineruns", "run").spec.params).toEqual(params);
    expect(patch("pipelineruns", "run", { status: { params } }, "--subresource=status").ok).toBe(true);
    expect(read("pipelineruns", "run").status.params).toEqual(params);
  });

  test("is found by its pipeline", () => {
    const found = mustKubectl(["get", resource("pipelineruns"), "--field-selector=spec.pipeline=films", "-o", "name"]);
    expect(found.trim()).toBe(`pipelinerun.${TEST_GROUP}/run`);
  });

  test("tells its story in the columns of kubectl get", () => {
    const status = {
      progress: "2/3",
      rows: 1234,
      duration: "12s",
      conditions: [
        {
          type: "Succeeded",
          status: "Unknown",
          reason: "Running",
          message: "models runs",
          lastTransitionTime: "2026-01-01T00:00:00Z",
        },
      ],
    };
    expect(patch("pipelineruns", "run", { status }, "--subresource=status").ok).toBe(true);
    const [header = "", line = ""] = mustKubectl(["get", resource("pipelineruns"), "run", "-o", "wide"]).split("\n");
    expect(header.split(/\s{2,}/)).toEqual(
      "NAME PIPELINE STATUS PROGRESS ROWS DURATION AGE SCHEDULED STARTED TESTS MESSAGE".split(" "),
    );
    const [name, pipeline, state, progress, rows, duration] = line.split(/\s{2,}/);
    expect([name, pipeline, state, progress, rows, duration]).toEqual([
      "run",
      "films",
      "Running",
      "2/3",
      "1234",
      "12s",
    ]);
    expect(line).toContain("models runs");
  });

  test("keeps its status when its spec is written, and its spec when its status is", () => {
    expect(patch("pipelineruns", "run", { status: { rows: 99 }, spec: { cancelled: true } }).ok).toBe(true);
    expect(read("pipelineruns", "run").status?.rows).not.toBe(99);
    const { generation } = read("pipelineruns", "run").metadata;
    patch("pipelineruns", "run", { status: { rows: 5 }, spec: { cancelled: false } }, "--subresource=status");
    const { metadata, spec, status } = read("pipelineruns", "run");
    expect({ generation: metadata.generation, cancelled: spec.cancelled, rows: status.rows }).toEqual({
      generation,
      cancelled: true,
      rows: 5,
    });
  });
});

test.each([
  ["True", "Succeeded"],
  ["False", "Failed"],
] as const)(
  "kubectl wait returns at the end of a run whose condition is %s, as the README says",
  (succeeded, reason) => {
    const name = `ended-${reason.toLowerCase()}`;
    mustKubectl(["create", "-f", "-"], object("PipelineRun", name, { pipeline: "films" }));
    const wait = () =>
      kubectl(["wait", `${resource("pipelineruns")}/${name}`, "--for=condition=Finished", "--timeout=1s"]);
    expect(wait().ok).toBe(false);
    const time = "2026-01-01T00:00:00Z";
    const condition = (type: string, status: string) => ({
      type,
      status,
      reason,
      message: "",
      lastTransitionTime: time,
    });
    const conditions = [condition("Succeeded", succeeded), condition("Finished", "True")];
    expect(patch("pipelineruns", name, { status: { finished: time, conditions } }, "--subresource=status").ok).toBe(
      true,
    );
    expect(wait().text).toContain("condition met");
    const path = "{.status.conditions[?(@.type=='Succeeded')].reason}";
    expect(mustKubectl(["get", `${resource("pipelineruns")}/${name}`, "-o", `jsonpath=${path}`])).toBe(reason);
  },
);

test("the spec that a run keeps in its status comes back as it was written", () => {
  const kept = { nodes: { a: { future: { field: [1, "two", null] } } } };
  mustKubectl(["create", "-f", "-"], object("PipelineRun", "kept", { pipeline: "films" }));
  expect(patch("pipelineruns", "kept", { status: { pipelineSpec: kept } }, "--subresource=status").ok).toBe(true);
  const { nodes } = read("pipelineruns", "kept").status.pipelineSpec;
  expect(nodes.a.future.field[1]).toBe("two");
});
