import { describe, expect, test } from "vitest";
import type { Manifest } from "../../../../../task-image/dbt/manifest/node.ts";
import { dependenciesOf } from "../../../../../task-image/dbt/run/dependencies.ts";
import { RunQueue } from "../../../../../task-image/dbt/run/run-queue.ts";

/** Nodes by name with what they read, and unit tests of a node by `u:` and its name; a name that begins with `t:` is a test, with `e:` an ephemeral model, with `s:` a source. */
function graph(reads: Readonly<Record<string, readonly string[]>>, unitTests: readonly string[] = []): Manifest {
  const kindOf = (name: string) => ({
    resource_type: name.startsWith("t:") ? "test" : "model",
    config: { materialized: name.startsWith("e:") ? "ephemeral" : "table" },
  });
  const names = Object.keys(reads).filter((name) => !name.startsWith("s:"));
  return {
    nodes: new Map(names.map((name) => [name, kindOf(name)] as const)),
    parentMap: new Map(Object.entries(reads)),
    unitTests: new Map(unitTests.map((id) => [id, { unique_id: id, depends_on: { nodes: [id.slice(2)] } }] as const)),
  } as unknown as Manifest;
}

const waits = (manifest: Manifest, selected: readonly string[], testsStop = true) =>
  Object.fromEntries([...dependenciesOf(manifest, selected, testsStop)].map(([id, found]) => [id, [...found].sort()]));

describe("a node waits for", () => {
  test("the nearest nodes of the run, also through nodes that are not a part of it", () => {
    const manifest = graph({ "s:src": [], a: ["s:src"], b: ["a"], "e:x": ["b"], c: ["e:x", "a"] });
    expect(waits(manifest, ["a", "b", "e:x", "c"])).toEqual({ a: [], b: ["a"], c: ["a", "b"] });
    expect(waits(manifest, ["a", "c"])).toEqual({ a: [], c: ["a"] });
  });

  test("the tests of what it reads, when all that the test reads stands before it", () => {
    const manifest = graph({
      a: [],
      b: ["a"],
      c: ["b"],
      d: ["a"],
      "t:a": ["a"],
      "t:ab": ["a", "b"],
      "t:bd": ["b", "d"],
      e: ["c", "d"],
    });
    const all = ["a", "b", "c", "d", "e", "t:a", "t:ab", "t:bd"];
    expect(waits(manifest, all)).toEqual({
      a: [],
      b: ["a", "t:a"],
      c: ["b", "t:ab"],
      d: ["a", "t:a"],
      e: ["c", "d", "t:bd"],
      "t:a": ["a"],
      "t:ab": ["a", "b"],
      "t:bd": ["b", "d"],
    });
    expect(waits(manifest, all, false)).toMatchObject({ b: ["a"] });
  });

  test("its unit tests, which wait for what it reads", () => {
    const manifest = graph({ a: [], b: ["a"], c: ["b"] }, ["u:b"]);
    expect(waits(manifest, ["a", "b", "c", "u:b"])).toEqual({ a: [], b: ["a", "u:b"], c: ["b"], "u:b": ["a"] });
    expect(waits(manifest, ["u:b"])).toEqual({ "u:b": [] });
  });

  test("a chain of ten thousand nodes needs no recursion", () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `n${index}`);
    const manifest = graph(
      Object.fromEntries(names.map((name, index) => [name, index === 0 ? [] : [`n${index - 1}`]])),
    );
    const queue = new RunQueue(dependenciesOf(manifest, names, false), false);
    expect(queue.next()).toBe("n0");
    expect(queue.next()).toBeUndefined();
  });
});

describe("the queue", () => {
  const manifest = graph({ a: [], long1: ["a"], long2: ["long1"], b: [], after_b: ["b"] });
  const queueOf = (failFast = false) => new RunQueue(dependenciesOf(manifest, manifest.nodes.keys(), true), failFast);

  test("gives the node with the longest way behind it first, and none that waits", () => {
    const queue = queueOf();
    expect([queue.next(), queue.next(), queue.next()]).toEqual(["a", "b", undefined]);
    expect(queue.end({ id: "b", status: "success" })).toEqual([]);
    expect(queue.next()).toBe("after_b");
    queue.end({ id: "a", status: "success" });
    expect(queue.next()).toBe("long1");
    expect(queue.isDone).toBe(false);
  });

  test.each(["error", "fail"] as const)(
    "skips all that is downstream of a node that ends with %s, and nothing else",
    (status) => {
      const queue = queueOf();
      queue.next();
      queue.next();
      expect(queue.end({ id: "a", status })).toEqual(["long1", "long2"]);
      queue.end({ id: "b", status: "success" });
      expect(queue.next()).toBe("after_b");
      queue.end({ id: "after_b", status: "success" });
      expect(queue.isDone).toBe(true);
    },
  );

  test("a warning stops nothing", () => {
    const queue = queueOf();
    queue.next();
    expect(queue.end({ id: "a", status: "warn" })).toEqual([]);
    expect([queue.next(), queue.next()]).toEqual(["b", "long1"]);
  });

  test("with failFast, whatever waits is skipped, and what runs ends", () => {
    const queue = queueOf(true);
    queue.next();
    queue.next();
    expect([...queue.end({ id: "a", status: "error" })].sort()).toEqual(["after_b", "long1", "long2"]);
    expect(queue.next()).toBeUndefined();
    expect(queue.isDone).toBe(false);
    queue.end({ id: "b", status: "success" });
    expect(queue.isDone).toBe(true);
  });
});
