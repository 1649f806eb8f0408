import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import type { NodeStatus } from "#api/pipeline-run.ts";
import { INSTALLED_BYTES_MAX, type InstalledPackages, tellable } from "#api/project-packages.ts";
import { CONTRACT_VERSION } from "#api/task.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { Facts } from "../../../operator/run/facts.ts";
import { chosenPackages } from "../../../operator/run/project-packages.ts";
import {
  aFailedJob,
  anAttempt,
  anEndedPod,
  aPod,
  aResult,
  RUN_UID,
  someFacts,
  T0,
} from "../../support/manifests/make.ts";

const project = (configMap: string, more: object = {}) => ({
  transform: { connection: "warehouse", schema: "a", command: "build", project: { configMap }, ...more },
});
/** Two nodes of one project, one of another project, one of the same project by another hub. */
const SPEC = PipelineSpec.parse({
  connections: { warehouse: { postgres: {} } },
  retries: { limit: 1 },
  nodes: {
    a: project("shop"),
    b: project("shop"),
    other: project("films"),
    mirrored: project("shop", { packages: { hub: { url: "https://hub.example" } } }),
  },
});
const choice = (version: string, asked = "1"): InstalledPackages => ({
  asked: asked.repeat(40),
  installed: [{ name: "acme/words", version }],
});
const [OLD, NEW] = [choice("1.0.0"), choice("1.1.0")];
const RUNNING: NodeStatus = { state: "Running", attempt: 1 };
const note = (node: string, packages: InstalledPackages) =>
  JSON.stringify({ version: CONTRACT_VERSION, run: RUN_UID, node, attempt: 1, packages });
const says = (node: string, packages: InstalledPackages) => anAttempt(node, 1, [aPod({ runningSince: T0, packages })]);

const factsOf = (
  attempts: Readonly<Record<string, ReturnType<typeof anAttempt>>>,
  nodes: Readonly<Record<string, NodeStatus>> = {},
): Facts => {
  const lists = Object.entries(attempts).map(([name, attempt]) => [name, [attempt]] as const);
  return someFacts(SPEC, { attempts: new Map(lists), status: { nodes } });
};
const decided = (...parts: Parameters<typeof factsOf>) => decide(factsOf(...parts)).verdict?.nodes ?? {};

describe("packages that a task has chosen", () => {
  test.each([
    ["by the channel", says("a", OLD)],
    ["by its result", anAttempt("a", 1, [anEndedPod(0, aResult("a", 1, { packages: OLD }))])],
    [
      "by the note of a pod that was killed",
      anAttempt("a", 1, [anEndedPod(137, note("a", OLD))], aFailedJob("BackoffLimitExceeded")),
    ],
  ])("stand in its node's status, said %s", (_, attempt) => {
    expect(decided({ a: attempt }, { a: RUNNING }).a).toMatchObject({ packages: OLD });
  });

  test("are told to the next Jobs of the same project and hub", () => {
    const run = { spec: SPEC, status: { nodes: { a: { ...RUNNING, packages: OLD } } } };
    expect(["a", "b", "other", "mirrored"].map((name) => chosenPackages(name, run))).toEqual([[OLD], [OLD], [], []]);
  });

  test("stay in the status when the attempt is over", () => {
    const failed = anAttempt("a", 1, [anEndedPod(75)], aFailedJob("BackoffLimitExceeded"));
    expect(decided({ a: failed }, { a: { ...RUNNING, packages: OLD } }).a).toMatchObject({
      state: "Retrying",
      packages: OLD,
    });
  });

  test("stand once where a second node has chosen the same at the same time", () => {
    const nodes = decided({ a: says("a", OLD), b: says("b", OLD) }, { a: RUNNING, b: RUNNING });
    expect(nodes).toMatchObject({ a: { state: "Running", packages: OLD }, b: { state: "Running" } });
    expect(nodes.b).not.toHaveProperty("packages");
  });

  test("are each node's own where its project asks for something else", () => {
    const other = choice("1.1.0", "2");
    const nodes = decided({ a: says("a", OLD), b: says("b", other) }, { a: RUNNING, b: RUNNING });
    expect(nodes).toMatchObject({ a: { packages: OLD }, b: { state: "Running", packages: other } });
    const run = { spec: SPEC, status: { nodes } };
    expect(chosenPackages("b", run)).toEqual([OLD, other]);
  });
});

describe("an attempt that has chosen other packages than the run has", () => {
  const repeated = { state: "Retrying", reason: "PackagesMoved", evictions: 1 };

  test("is repeated, and does not count, where another node was first", () => {
    const nodes = decided({ b: says("b", NEW) }, { a: { ...RUNNING, state: "Succeeded", packages: OLD }, b: RUNNING });
    expect(nodes.b).toMatchObject({ ...repeated, message: expect.stringContaining("acme/words 1.1.0") });
    expect(nodes.b).not.toHaveProperty("packages");
  });

  test("is repeated where both speak at once, one of them with its success", () => {
    const succeeded = anAttempt("b", 1, [anEndedPod(0, aResult("b", 1, { packages: NEW }))]);
    const nodes = decided({ a: says("a", OLD), b: succeeded }, { a: RUNNING, b: RUNNING });
    expect(nodes).toMatchObject({ a: { state: "Running", packages: OLD }, b: repeated });
  });

  test("is repeated where its pod took the place of an evicted one", () => {
    const evicted = anEndedPod(143, note("a", OLD), { disrupted: true });
    const attempt = anAttempt("a", 1, [evicted, aPod({ runningSince: T0, name: "pod-2", packages: NEW })]);
    expect(decided({ a: attempt }, { a: { ...RUNNING, packages: OLD } }).a).toMatchObject({
      ...repeated,
      packages: OLD,
    });
  });
});

test("a long list of packages is told as far as there is room", () => {
  const many = Array.from({ length: 60 }, (_, index) => ({ name: `acme/package_${index}`, version: "1.0.0" }));
  const kept = tellable("1".repeat(40), many);
  expect(kept?.installed).toEqual(many.slice(0, kept?.installed.length));
  expect(kept?.installed.length).toBeGreaterThan(12);
  expect(JSON.stringify(kept).length).toBeLessThanOrEqual(INSTALLED_BYTES_MAX);
  expect(tellable("1".repeat(40), [])).toBeUndefined();
});
