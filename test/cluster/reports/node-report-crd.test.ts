import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { customResourceDefinition } from "#api/crd.ts";
import { NODE_REPORT } from "#api/kinds/node-report.ts";
import { GROUP, VERSION } from "#api/metadata.ts";
import { NODE_REPORT_ITEMS_MAX } from "#api/node-report.ts";
import { packItems } from "#api/packed-items.ts";
import type { ReportItem } from "#api/report.ts";
import { nodeReportName } from "../../../operator/job/names.ts";
import { nodeReportPages, reportSources } from "../../../operator/run/node-report.ts";
import { kubectl, mustKubectl } from "../../support/cluster/cluster.ts";
import { aPipeline, RUN_UID, someFacts, T0 } from "../../support/manifests/make.ts";

/** The kind in a group of the test's own, so that no operator meets it. */
const TEST_GROUP = `t${randomBytes(4).toString("hex")}.${GROUP}`;
const crd = customResourceDefinition(NODE_REPORT);
const installed = { ...crd, metadata: { name: `nodereports.${TEST_GROUP}` }, spec: { ...crd.spec, group: TEST_GROUP } };
const KIND = `nodereports.${TEST_GROUP}`;

beforeAll(() => {
  mustKubectl(["create", "-f", "-"], installed);
  mustKubectl(["wait", "--for=condition=Established", "--timeout=30s", `crd/${KIND}`]);
});
afterAll(() => {
  mustKubectl(["delete", "--ignore-not-found", "--wait=false", `crd/${KIND}`]);
});

const create = (name: string, run: string, page = 1) =>
  kubectl(["create", "-f", "-"], {
    ...{ apiVersion: `${TEST_GROUP}/${VERSION}`, kind: "NodeReport" },
    metadata: { name, namespace: "default", labels: { "kelt.dev/run": "films-1" } },
    spec: { run, node: "models", page },
  });
const write = (name: string, status: object) =>
  kubectl([
    "patch",
    KIND,
    name,
    "-n",
    "default",
    "--subresource=status",
    "--type=merge",
    `--patch=${JSON.stringify({ status })}`,
  ]);

function pagesOf(list: readonly ReportItem[]) {
  const pod = {
    name: "p",
    uid: "pod-uid",
    created: T0,
    failed: false,
    disrupted: false,
    items: { list, leftOut: 0, at: T0 },
  };
  const attempts = new Map([["models", [{ attempt: 1, pods: [pod] }]]]);
  const works = { state: "Running", attempt: 1, started: new Date(T0).toISOString() } as const;
  const [source] = reportSources(someFacts(aPipeline({ models: [] }), { attempts }), { models: works });
  return source === undefined ? [] : nodeReportPages(source, RUN_UID);
}

test("the API server stores a page as the operator writes it, and kubectl shows its counts", () => {
  const items: readonly ReportItem[] = [
    { kind: "model", name: "dbt_project.my_model.v2", state: "Succeeded", rows: 3, seconds: 1.5, attempts: 2 },
    { kind: "test", name: "not_null_a_".repeat(40), state: "Failed", failures: 7, message: "7 rows are null" },
  ];
  expect(create("a", "films-1").text).toContain("created");
  expect(write("a", pagesOf(items)[0] ?? {}).text).toContain("patched");
  const [header = "", row = ""] = mustKubectl(["get", KIND, "-n", "default", "-l", "kelt.dev/run=films-1"]).split("\n");
  expect(header.split(/\s+/).slice(0, 9)).toEqual([
    "NAME",
    "RUN",
    "NODE",
    "PAGE",
    "ITEMS",
    "SUCCEEDED",
    "RUNNING",
    "FAILED",
    "COMPLETE",
  ]);
  expect(row.split(/\s+/).slice(0, 9)).toEqual(["a", "films-1", "models", "1", "2", "1", "0", "1", "False"]);
  const stored = JSON.parse(mustKubectl(["get", KIND, "a", "-n", "default", "-o", "json"])) as { status: object };
  expect(stored.status).toEqual(pagesOf(items)[0]);
  const found = mustKubectl(["get", KIND, "-n", "default", "--field-selector=spec.run=films-1", "-o", "name"]);
  expect(found.trim()).toBe(`nodereport.${TEST_GROUP}/a`);
});

test("a full page of long names and messages fits", () => {
  const long = Array.from(
    { length: NODE_REPORT_ITEMS_MAX },
    (_, i): ReportItem => ({
      ...{ kind: "test", state: "Failed", failures: i, seconds: 1, rows: 1, bytes: 1, attempts: 1 },
      name: `${i}`.padEnd(512, "x"),
      message: "y".repeat(1024),
    }),
  );
  const [page] = pagesOf(long);
  create("full", "films-1");
  const object = {
    apiVersion: `${TEST_GROUP}/${VERSION}`,
    kind: "NodeReport",
    metadata: { name: "full", namespace: "default" },
  };
  const { text } = kubectl(["apply", "--server-side", "--subresource=status", "--field-manager=kelt", "-f", "-"], {
    ...object,
    status: page,
  });
  expect(text).toContain("serverside-applied");
  expect(packItems(long, 1_000).leftOut).toBeGreaterThan(0);
});

test("whose report it is cannot be changed, and what is no item is refused", () => {
  create("b", "films-1");
  const moved = kubectl(["patch", KIND, "b", "-n", "default", "--type=merge", '--patch={"spec":{"run":"other"}}']);
  expect(moved.text).toContain("a report is of one run, node and page for as long as it exists");
  expect(write("b", { items: [{ kind: "model", name: "x", state: "Dancing" }] }).text).toContain("Unsupported value");
});

test.each([
  ["films-1", "raw-a", 1],
  ["x".repeat(200), "y".repeat(40), 20],
  ["with.dots", "a", 2],
])("the name of %s, %s, page %i is one that the API server takes", (run, node, page) => {
  expect(create(nodeReportName(run, node, page), run, page).text).toContain("created");
});
