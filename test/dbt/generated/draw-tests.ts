import type { Draw } from "./draw.ts";
import { COLUMNS, type Plan, type Tree } from "./plan.ts";

/** The second one makes no SQL without care for its quote. */
const ACCEPTED = [
  ["red", "blue", "ünï, c"],
  ["red", "green's"],
  [1, 2, 3],
  [1.5, true, "x"],
  ["RED", "BLUE", "GREEN''S"],
];

/** Tests of a node: of its columns and of the whole, some of which fail. */
export function drawTests(plan: Plan, share: number): Tree {
  const { draw } = plan;
  const key = draw.one(["tests", "data_tests"]);
  const columns = draw.some(COLUMNS, share).map((name) => ({
    name,
    ...(draw.chance(0.3) ? { description: `The ${name} of a row.` } : {}),
    [key]: drawSome(draw, () => columnTest(plan, name)),
  }));
  const own = draw.chance(share / 2) ? { [key]: [wholeTest(draw)] } : {};
  return { ...(columns.length === 0 ? {} : { columns }), ...own };
}

/** One or two of them that differ. */
function drawSome(draw: Draw, make: () => unknown): unknown[] {
  const [first, second] = [make(), make()];
  return draw.chance(0.3) && nameOf(first) !== nameOf(second) ? [first, second] : [first];
}

const nameOf = (test: unknown) => (typeof test === "string" ? test : Object.keys(test as Tree)[0]);

function columnTest(plan: Plan, column: string): unknown {
  const { draw } = plan;
  const kinds: readonly (() => readonly [string, Tree])[] = [
    () => ["unique", {}],
    () => ["not_null", {}],
    () => ["accepted_values", { values: draw.one(ACCEPTED) }],
    () => ["at_least", { least: draw.below(6) }],
    () => {
      const { call } = draw.one(plan.inputs);
      return ["relationships", { to: call, field: column }];
    },
  ];
  const [name, args] = draw.one(kinds)();
  const quoted = name === "accepted_values" && draw.chance(0.3) ? { ...args, quote: draw.chance(0.5) } : args;
  const config = drawConfig(draw);
  if (Object.keys(quoted).length + Object.keys(config).length === 0) return draw.chance(0.5) ? name : { [name]: {} };
  const given = draw.chance(0.5) ? quoted : { arguments: quoted };
  return { [name]: { ...(Object.keys(quoted).length === 0 ? {} : given), ...spread(draw, config) } };
}

function wholeTest(draw: Draw): unknown {
  return draw.chance(0.5)
    ? {
        rows_between: {
          arguments: { least: draw.below(4), most: 5 + draw.below(10) },
          ...spread(draw, drawConfig(draw)),
        },
      }
    : { rows_between: { least: 1, most: 100, name: `rows_${draw.below(1_000_000)}` } };
}

/** Settings stand under `config`, or beside the arguments. */
function spread(draw: Draw, config: Tree): Tree {
  if (Object.keys(config).length === 0) return {};
  return draw.chance(0.6) ? { config } : config;
}

function drawConfig(draw: Draw): Tree {
  const severity = draw.one(["warn", "warn", "warn", "error", "ERROR"]);
  const all: Tree = {
    severity,
    where: draw.one(["id > 2", "grp is not null", "at > '{{ var('since') }}'"]),
    limit: 1 + draw.below(3),
    warn_if: draw.one([">1", "!= 0", ">= 2"]),
    error_if: draw.one([">3", "!= 0", "> 100"]),
    store_failures: draw.chance(0.5),
    tags: [draw.one(["nightly", "quick"])],
    enabled: draw.chance(0.7),
    fail_calc: "count(*) + 0",
  };
  const names = draw.chance(0.2) ? [] : ["severity", ...draw.some(Object.keys(all).slice(1), 0.18)];
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}
