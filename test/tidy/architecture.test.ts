import { describe, expect, test } from "vitest";
import { WAREHOUSES } from "../../task-image/warehouses.ts";
import { ENTRY_POINTS, formatLayers, LAYERS, type Layer } from "./dependency-table.ts";
import { type Import, importsOf, readSource, typescriptIn, withoutComments } from "./source-files.ts";

const FILES = typescriptIn("operator", "task-image");
const IMPORTS: ReadonlyMap<string, readonly Import[]> = new Map(FILES.map((path) => [path, importsOf(path)]));

const isIn = (path: string, place: string) => path === place || path.startsWith(`${place}/`);
const isOneOf = (target: string, allowed: readonly string[] = []) =>
  allowed.some((one) => isIn(target, one) || (one === "node:*" && target.startsWith("node:")));
const layerOf = (path: string): Layer | undefined => LAYERS.find(({ of }) => isIn(path, of));

/** What keeps one import from being allowed. */
function violation(path: string, { target, specifier, typeOnly }: Import): string | undefined {
  const layer = layerOf(path);
  if (layer === undefined) return `${path} is in no layer`;
  const crosses = path.startsWith("task-image/") && target.startsWith("operator/");
  if (crosses && !specifier.startsWith("#api/")) return `${path} reaches ${target} by another road than #api/`;
  if (isIn(target, layer.of) || isOneOf(target, layer.imports) || isOneOf(target, layer.packages)) return undefined;
  if (typeOnly && isOneOf(target, layer.types)) return undefined;
  return `${path} imports ${typeOnly ? "types of " : ""}${target}`;
}

/** Clocks, chance, timers, the process and the network, by the names that need no import. */
const IMPURE =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bperformance\.|\bset(?:Timeout|Interval|Immediate)\b|\bprocess\.|\bconsole\.|\bfetch\(/;

describe("dependencies", () => {
  test("every file imports what its layer may import and nothing else", () => {
    const found = FILES.flatMap((path) => (IMPORTS.get(path) ?? []).map((one) => violation(path, one)));
    expect(found.filter((one) => one !== undefined)).toEqual([]);
  });

  test("every file is in a layer, and every layer has files", () => {
    expect(FILES.filter((path) => layerOf(path) === undefined)).toEqual([]);
    expect(LAYERS.filter(({ of }) => !FILES.some((path) => isIn(path, of)))).toEqual([]);
  });

  test("the table allows nothing that nobody uses", () => {
    const unused = LAYERS.flatMap(({ of, imports, types = [], packages = [] }) => {
      const own = FILES.filter((path) => isIn(path, of)).flatMap((path) => IMPORTS.get(path) ?? []);
      const isUsed = (target: string) => own.some((one) => isOneOf(one.target, [target]));
      return [...imports, ...types, ...packages]
        .filter((target) => !isUsed(target))
        .map((target) => `${of}: ${target}`);
    });
    expect(unused).toEqual([]);
  });

  test("no file imports itself through others", () => {
    expect(findCycles(new Map([...IMPORTS].map(([path, list]) => [path, valuesOf(list)])))).toEqual([]);
  });

  test("every file is imported by another one, or is where a process starts", () => {
    const everywhere = [...FILES, ...typescriptIn("config")].flatMap((path) => importsOf(path));
    const imported = new Set(everywhere.map(({ target }) => target));
    expect(FILES.filter((path) => !imported.has(path))).toEqual(ENTRY_POINTS);
  });

  test("pure folders read no clock, roll no dice and speak to nobody", () => {
    const pure = FILES.filter((path) => layerOf(path)?.pure === true);
    expect(pure.length).toBeGreaterThan(50);
    const found = pure.map((path) => `${path}: ${IMPURE.exec(withoutComments(readSource(path)))?.[0] ?? ""}`);
    expect(found.filter((line) => !line.endsWith(": "))).toEqual([]);
  });
});

describe("the Kubernetes client", () => {
  const client = (one: Import) => one.target.startsWith("@kubernetes/");

  test("is part of kube alone", () => {
    const users = FILES.filter((path) => (IMPORTS.get(path) ?? []).some((one) => client(one) && !one.typeOnly));
    expect(users.filter((path) => !isIn(path, "operator/kube"))).toEqual([]);
    expect(users.length).toBeGreaterThan(0);
  });

  test("does not come into the task image, on whatever way", () => {
    const reached = reachable("task-image/main.ts");
    expect(reached.size).toBeGreaterThan(100);
    const targets = [...reached].flatMap((path) => (IMPORTS.get(path) ?? []).filter(client));
    expect(targets).toEqual([]);
  });
});

describe("warehouses", () => {
  // Postgres is a source, and what dbt's models are built in, too.
  const folders = Object.keys(WAREHOUSES).flatMap((kind) => (kind === "postgres" ? [] : [`task-image/${kind}`]));

  test("are known by their folder and their entry alone", () => {
    const isOwn = (target: string) => folders.some((folder) => isIn(target, folder));
    const users = FILES.filter((path) => !isOwn(path) && (IMPORTS.get(path) ?? []).some(({ target }) => isOwn(target)));
    expect(users).toEqual(["task-image/warehouses.ts"]);
    expect(folders.length).toBeGreaterThan(1);
  });

  test("share what knows none of them", () => {
    const shared = FILES.filter((path) => isIn(path, "task-image/loading"));
    const targets = shared.flatMap((path) => (IMPORTS.get(path) ?? []).map(({ target }) => target));
    const known = Object.keys(WAREHOUSES).map((kind) => `task-image/${kind}`);
    expect(targets.filter((target) => known.some((folder) => isIn(target, folder)))).toEqual([]);
    expect(shared.length).toBeGreaterThan(10);
  });
});

describe("the check itself", () => {
  test.each([
    ["a layer further out", "operator/run/a.ts", 'import { x } from "../kube/b.ts";'],
    ["a package", "operator/run/a.ts", 'import pg from "pg";'],
    ["I/O of Node's", "operator/job/a.ts", 'import { readFile } from "node:fs/promises";'],
    [
      "the client's values where types are allowed",
      "operator/job/a.ts",
      'import { V1Job } from "@kubernetes/client-node";',
    ],
    ["the operator by another road", "task-image/commands/a.ts", 'import { x } from "../../operator/api/task.ts";'],
    ["the operator's inside", "task-image/commands/a.ts", 'import { x } from "../../operator/run/decide.ts";'],
    ["a command, dynamically", "task-image/jinja/a.ts", 'const x = await import("../commands/load.ts");'],
    ["a re-export", "operator/graph/a.ts", 'export { x } from "../run/decide.ts";'],
    ["an import over several lines", "operator/graph/a.ts", 'import {\n  type X,\n  y,\n} from "../run/decide.ts";'],
  ])("finds %s", (_, path, source) => {
    expect(importsOf(path, source).map((one) => violation(path, one))).toEqual([expect.stringContaining(path)]);
  });

  test.each([
    ["its own folder", "operator/run/a.ts", 'import { x } from "./b.ts";'],
    ["a type", "operator/job/a.ts", 'import type { V1Job } from "@kubernetes/client-node";'],
    ["types in a list", "operator/job/a.ts", 'import { type V1Job, type V1Pod } from "@kubernetes/client-node";'],
    ["the contract", "task-image/commands/a.ts", 'import { x } from "#api/task.ts";'],
  ])("lets through %s", (_, path, source) => {
    expect(importsOf(path, source).map((one) => violation(path, one))).toEqual([undefined]);
  });

  test("does not take comments for imports", () => {
    expect(importsOf("operator/run/a.ts", '/*\nimport "pg";\n*/\n// import "pg";\n')).toEqual([]);
  });

  test("finds what is impure, and only that", () => {
    for (const code of [
      "Date.now()",
      "new Date()",
      "Math.random()",
      "setTimeout(f)",
      "process.env",
      "performance.now()",
    ]) {
      expect(code).toMatch(IMPURE);
    }
    for (const code of ["new Date(now)", "Date.parse(text)", "processed.length", "Math.round(x)", "node.process"]) {
      expect(code).not.toMatch(IMPURE);
    }
  });

  test("finds a cycle and shows its way", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", ["a"]],
      ["d", []],
    ]);
    expect(findCycles(graph)).toEqual(["a → b → c → a"]);
  });

  test("prints as a table for the maps of the two programs", () => {
    expect(formatLayers("operator")).toContain(
      "| `run` | pure | `api`, `expressions`, `graph`, `params`, `schedule` | nothing | nothing |",
    );
    expect(formatLayers("task-image")).toContain(
      "| `jinja` | pure | `operator/api/nearest-name.ts`, `words` | nothing | nothing |",
    );
  });
});

function valuesOf(imports: readonly Import[]): string[] {
  return imports.filter(({ typeOnly }) => !typeOnly).map(({ target }) => target);
}

function reachable(from: string): ReadonlySet<string> {
  const found = new Set([from]);
  for (const path of found)
    for (const target of valuesOf(IMPORTS.get(path) ?? [])) if (IMPORTS.has(target)) found.add(target);
  return found;
}

/** Depth-first: a file that comes up while it is being looked at closes a cycle. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, way: readonly string[]) => {
    if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(" → "));
    if (done.has(path) || way.includes(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}
