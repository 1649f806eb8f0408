import { expect, test } from "vitest";
import type { Manifest, UnitTest } from "../../../../../task-image/dbt/manifest/node.ts";
import { unitsOf } from "../../../../../task-image/dbt/packing/units.ts";
import { type Dependencies, dependenciesOf } from "../../../../../task-image/dbt/run/dependencies.ts";
import { manifestOf, type NodeSpec } from "../../../../support/dbt/dbt-nodes.ts";
import { seededRandom } from "../../../../support/machine/fake-random.ts";

const model = (name: string, ...reads: string[]): NodeSpec => ({
  name,
  sql: `select 1 ${reads.map((each) => `{{ ref('${each}') }}`).join(" ")}`,
});
const check = (name: string, ...of: string[]): NodeSpec => ({ ...model(name, ...of), type: "test" });

function planned(manifest: Manifest, packing: "model" | "level", testsStop = true) {
  const all = [...manifest.nodes.keys(), ...manifest.unitTests.keys(), ...manifest.exposures.keys()];
  const units = unitsOf(manifest, dependenciesOf(manifest, all, testsStop), packing);
  const short = (id: string) => id.split(".").slice(2).join(".");
  return units.map(({ name, ids, needs }) => ({
    name,
    ids: ids.map(short).sort(),
    needs: needs.map((each) => units[each]?.name),
  }));
}

const FILMS = manifestOf("warehouse", [
  { type: "seed", name: "genres" },
  model("stg_films"),
  model("films", "stg_films", "genres"),
  model("best", "films"),
  check("unique_stg", "stg_films"),
  check("related", "films", "genres"),
  check("no_twins", "stg_films", "genres"),
]);

test("a model is a unit with the tests of which it stands behind all parents; other tests are units of their own", () => {
  expect(planned(FILMS, "model")).toEqual([
    { name: "genres", ids: ["genres"], needs: [] },
    { name: "stg-films", ids: ["stg_films", "unique_stg"], needs: [] },
    { name: "tests-of-stg-films-genres", ids: ["no_twins"], needs: ["genres", "stg-films"] },
    {
      name: "films",
      ids: ["films", "related"],
      needs: ["genres", "stg-films", "tests-of-stg-films-genres"],
    },
    { name: "best", ids: ["best"], needs: ["films"] },
  ]);
});

test("the units of equally long ways are one level, and each level needs the one before it", () => {
  expect(planned(FILMS, "level")).toEqual([
    { name: "level-1", ids: ["genres", "stg_films", "unique_stg"], needs: [] },
    { name: "level-2", ids: ["no_twins"], needs: ["level-1"] },
    { name: "level-3", ids: ["films", "related"], needs: ["level-2"] },
    { name: "level-4", ids: ["best"], needs: ["level-3"] },
  ]);
});

test("unit tests run in the unit of their model, and an exposure in none", () => {
  const read = manifestOf("warehouse", [model("raw"), model("films", "raw")]);
  const id = "unit_test.shop.films.first";
  const tested = { unique_id: id, depends_on: { nodes: ["model.shop.films"], macros: [] } } as unknown as UnitTest;
  const board = "exposure.shop.board";
  const parentMap = new Map([...read.parentMap, [id, ["model.shop.films"]], [board, ["model.shop.films"]]]);
  const manifest = { ...read, parentMap, unitTests: new Map([[id, tested]]), exposures: new Map([[board, {}]]) };
  expect(planned(manifest as unknown as Manifest, "model")).toEqual([
    { name: "raw", ids: ["raw"], needs: [] },
    { name: "films", ids: ["films", "films.first"], needs: ["raw"] },
  ]);
});

test("models whose names differ in signs alone, and those that are called as the first and the last Job are, have names of their own", () => {
  const names = planned(
    manifestOf(
      "warehouse",
      ["a_b", "a__b", "plan", "end"].map((name) => model(name)),
    ),
    "model",
  );
  expect(new Set(names.map(({ name }) => name)).size).toBe(4);
  expect(names.map(({ name }) => name).filter((name) => name === "plan" || name === "end")).toEqual([]);
});

test("in graphs of all sorts a unit waits for what one Job would have waited for, and for nothing else", () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const manifest = anyManifest(seed);
    // `build` takes all, and `test` takes tests alone, which wait for nothing.
    const isBuild = seed % 3 !== 0;
    const taken = [...manifest.nodes.keys()].filter((id) => isBuild || id.startsWith("test."));
    const dependencies = dependenciesOf(manifest, taken, isBuild);
    const units = unitsOf(manifest, dependencies, "model");
    expect(units.flatMap(({ ids }) => ids).sort(), `seed ${seed}`).toEqual([...dependencies.keys()].sort());
    expect(units.every(({ needs }, place) => needs.every((need) => need < place))).toBe(true);
    const home = new Map(units.flatMap(({ ids }, place) => ids.map((id) => [id, place] as const)));
    for (const id of dependencies.keys()) {
      const place = home.get(id) ?? 0;
      const own = units[place]?.ids ?? [];
      const behind = before(
        units.map(({ needs }) => needs),
        place,
      );
      const built = [...behind].flatMap((each) => units[each]?.ids ?? []);
      const wanted = new Set(
        own.flatMap((each) => [...closure(dependencies, each)]).filter((each) => !own.includes(each)),
      );
      // What goes on waits for the tests of what it reads, and looks at what they read alone.
      if (units[place]?.goesOn === true) expect([...wanted].filter((each) => !built.includes(each))).toEqual([]);
      else expect(new Set(built), `seed ${seed}, ${id}`).toEqual(wanted);
    }
  }
});

/** Up to a dozen models that read some of those before them, and tests of one, two and three of them. */
function anyManifest(seed: number): Manifest {
  const random = seededRandom(seed);
  const models = Array.from({ length: 2 + Math.floor(random() * 10) }, (_, index) => `m${index}`);
  const some = (of: readonly string[], share: number) => of.filter(() => random() < share);
  const nodes = models.map((name, index) => model(name, ...some(models.slice(0, index), 0.3)));
  const tests = Array.from({ length: 8 }, (_, index) => {
    const count = 1 + Math.floor(random() * 3);
    const of = Array.from({ length: count }, () => models[Math.floor(random() * models.length)] ?? "m0");
    return check(`t${index}`, ...of);
  });
  return manifestOf("warehouse", [...nodes, ...tests]);
}

function before(needs: readonly (readonly number[])[], place: number): ReadonlySet<number> {
  const found = new Set(needs[place]);
  for (const each of found) for (const more of needs[each] ?? []) found.add(more);
  return found;
}

function closure(dependencies: Dependencies, id: string): ReadonlySet<string> {
  const found = new Set(dependencies.get(id));
  for (const each of found) for (const more of dependencies.get(each) ?? []) found.add(more);
  return found;
}
