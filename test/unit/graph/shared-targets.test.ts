import { describe, expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

const connections = {
  source: { postgres: { secretRef: "source" } },
  w: { postgres: { secretRef: "w" } },
  same: { postgres: { secretRef: "w" } },
  other: { postgres: { secretRef: "other" } },
  lake: { s3: { bucket: "lake" } },
};

function problems(nodes: object): readonly string[] {
  const validation = validatePipeline({ connections, nodes });
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

interface LoadMore {
  readonly to?: object;
  readonly needs?: readonly string[];
  readonly mode?: string;
}

const load = (tables: readonly string[], { to = {}, needs = [], ...more }: LoadMore = {}) => ({
  needs,
  load: { from: { connection: "source", tables }, to: { connection: "w", schema: "raw", ...to }, ...more },
});
const extract = (to: object, needs: readonly string[] = []) => ({
  needs,
  extract: { from: { connection: "source", tables: ["a"] }, to: { connection: "lake", ...to } },
});
const use = (...needs: readonly string[]) => ({ needs, container: {} });

describe("two nodes that write to one place", () => {
  test.each<[string, object, string]>([
    [
      "replace a table, in any order",
      { a: load(["films", "actors"]), b: load(["archive.films"]) },
      "spec.nodes[b].load.to: a and b both replace table raw.films of connection w, and neither waits for the other",
    ],
    [
      "replace a table of one system that two entries name",
      { a: load(["films"]), b: load(["films"], { to: { connection: "same" } }) },
      "spec.nodes[b].load.to: a and b both replace",
    ],
    [
      "replace and truncate it, from a query and from files",
      {
        a: {
          load: {
            from: { connection: "source", query: "select 1" },
            to: { connection: "w", schema: "raw", table: "t" },
            mode: "truncate",
          },
        },
        b: { load: { from: { connection: "lake", files: { t: "t.csv" } }, to: { connection: "w", schema: "raw" } } },
      },
      "spec.nodes[b].load.to: a and b both replace table raw.t",
    ],
    [
      "replace it from the files of another node",
      {
        e: extract({ prefix: "p/" }),
        a: load(["a"]),
        b: { load: { from: { connection: "lake", node: "e" }, to: { connection: "w", schema: "raw" } } },
      },
      "spec.nodes[b].load.to: a and b both replace table raw.a",
    ],
    [
      "add rows and replace, in any order",
      { a: load(["films"], { mode: "append" }), b: load(["films"]) },
      "spec.nodes[b].load.to: a adds rows to table raw.films of connection w, which b replaces, and neither waits",
    ],
    [
      "replace it one after the other, and nothing comes between",
      { a: load(["films"]), b: load(["films"], { needs: ["a"] }), c: use("b") },
      "spec.nodes[b].load.to: b replaces table raw.films of connection w right after a has replaced it",
    ],
    [
      "extract under one prefix",
      { a: extract({ prefix: "raw/" }), b: extract({ prefix: "raw/" }) },
      "spec.nodes[b].extract.to.prefix: a and b both replace raw/ of connection lake",
    ],
  ])("%s", (_what, nodes, message) => {
    expect(problems(nodes)).toEqual([expect.stringContaining(message)]);
  });

  test.each<[string, object]>([
    ["in other schemas", { a: load(["films"]), b: load(["films"], { to: { schema: "old" } }) }],
    ["in other systems", { a: load(["films"]), b: load(["films"], { to: { connection: "other" } }) }],
    ["to other tables", { a: load(["films"]), b: load(["actors"]) }],
    ["by a pattern that may find it", { a: load(["films"]), b: load(["f*"]) }],
    ["both by adding rows", { a: load(["films"], { mode: "append" }), b: load(["films"], { mode: "append" }) }],
    ["first replacing, then adding", { a: load(["films"]), b: load(["films"], { mode: "append", needs: ["a"] }) }],
    ["with a node between them", { a: load(["films"]), m: use("a"), b: load(["films"], { needs: ["m"] }) }],
    [
      "with a node that may use the first one's rows",
      { a: load(["films"]), b: load(["films"], { needs: ["a"] }), c: use("a") },
    ],
    [
      "of which neither is the first in a circle",
      { a: load(["t"], { needs: ["b"] }), b: load(["t"], { needs: ["a"] }) },
    ],
  ])("%s: nothing is said of it", (_what, nodes) => {
    expect(problems(nodes).filter((problem) => !problem.includes("in a circle"))).toEqual([]);
  });

  test("one of a thousand nodes is found at once", () => {
    const names = Array.from({ length: 900 }, (_, index) => `n${index}`);
    const nodes = names.map((name, index) => [name, load([`t${index === 899 ? 0 : index}`])]);
    expect(problems(Object.fromEntries(nodes))).toEqual([expect.stringContaining("n0 and n899 both replace")]);
  });
});
