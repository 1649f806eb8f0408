import type { Packing } from "#api/packing.ts";
import type { Manifest } from "../manifest/node.ts";
import { allBefore, type Dependencies } from "../run/dependencies.ts";
import { unitName } from "./unit-name.ts";

/** A part of a project that one Job builds. */
export interface Unit {
  readonly name: string;
  /** Unique ids of its nodes. */
  readonly ids: readonly string[];
  /** Indexes of the units that come before it. */
  readonly needs: readonly number[];
  /** It is to be run though what it needs has failed: what of it follows from that is skipped. */
  readonly goesOn?: true;
}

/*
 * Which unit a node belongs to, with packing `model`.
 *
 * | node                                                              | its unit                                            |
 * |-------------------------------------------------------------------|-----------------------------------------------------|
 * | a seed, model or snapshot                                         | one of its own                                      |
 * | a unit test                                                       | that of its model, where that is selected           |
 * | a test, one of whose parents stands behind all others             | the unit of that parent                             |
 * | any other test                                                    | one for all tests with the same parents             |
 * | an exposure                                                       | none: nothing is to be done for it                  |
 *
 * So a failing test holds back what it holds back in one Job, and nothing else: what waits for the unit of a parent that stands behind all
 * parents of a test stands behind all of them itself. Units of tests alone go on where a unit before them has failed: that may have been
another test. With packing `level` the units that have equally long ways before them are one, and all levels go on.
 */

/** The units of a run's nodes, each behind those that it needs. */
export function unitsOf(manifest: Manifest, dependencies: Dependencies, packing: Exclude<Packing, "run">): Unit[] {
  const nodes = new Map([...dependencies].filter(([id]) => !manifest.exposures.has(id)));
  const homes = homesOf(manifest, nodes);
  const members = Map.groupBy(nodes.keys(), (id) => homes.get(id) ?? id);
  const needs = new Map([...members.keys()].map((home) => [home, new Set<string>()] as const));
  for (const [id, waits] of nodes) {
    const home = homes.get(id) ?? id;
    for (const each of waits) {
      const before = homes.get(each) ?? each;
      if (before !== home && members.has(before)) needs.get(home)?.add(before);
    }
  }
  const order = inOrder(needs);
  if (packing === "level") return levels(order, needs, members);
  const index = new Map(order.map((home, place) => [home, place] as const));
  const names = new Set<string>();
  return order.map((home) => {
    const name = unitName(titleOf(home), (each) => names.has(each));
    names.add(name);
    const before = [...(needs.get(home) ?? [])].map((each) => index.get(each) ?? 0);
    const goesOn = home.startsWith(TESTS_OF) ? { goesOn: true as const } : {};
    return { name, ids: members.get(home) ?? [], needs: before.toSorted((a, b) => a - b), ...goesOn };
  });
}

/** The unit of each test, by the id of the node that it is named by. Nodes that have one of their own are not among them. */
function homesOf(manifest: Manifest, nodes: Dependencies): ReadonlyMap<string, string> {
  const before = allBefore(manifest);
  const isTest = (id: string) => manifest.unitTests.has(id) || manifest.nodes.get(id)?.resource_type === "test";
  return new Map(
    [...nodes.keys()].filter(isTest).map((id) => {
      const parents = [...new Set(manifest.parentMap.get(id) ?? [])].sort();
      const last = parents.find(
        (parent) => nodes.has(parent) && parents.every((other) => other === parent || before(parent).has(other)),
      );
      const model = manifest.unitTests.get(id)?.depends_on.nodes.find((each) => nodes.has(each));
      return [id, model ?? last ?? `${TESTS_OF}${parents.length === 0 ? id : parents.join(" ")}`] as const;
    }),
  );
}

/** What the key of a unit begins with that has tests alone. */
const TESTS_OF = "tests of ";

/** What people call a unit: a unique id is type, package and name. */
function titleOf(home: string): string {
  const [prefix, ids] = home.startsWith(TESTS_OF) ? [TESTS_OF, home.slice(TESTS_OF.length)] : ["", home];
  return `${prefix}${ids
    .split(" ")
    .map((id) => id.split(".").slice(2).join("."))
    .join(" ")}`;
}

/** Each behind what it needs. Throws where that is not possible, which the units' rules keep from being. */
function inOrder(needs: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const open = new Map([...needs].map(([home, before]) => [home, before.size] as const));
  const followers = new Map<string, string[]>();
  for (const [home, before] of needs) {
    for (const each of before) followers.set(each, [...(followers.get(each) ?? []), home]);
  }
  const order = [...open].filter(([, count]) => count === 0).map(([home]) => home);
  for (const home of order) {
    for (const follower of followers.get(home) ?? []) {
      const left = (open.get(follower) ?? 0) - 1;
      open.set(follower, left);
      if (left === 0) order.push(follower);
    }
  }
  if (order.length < needs.size) throw new Error("units of a project wait for each other");
  return order;
}

function levels(
  order: readonly string[],
  needs: ReadonlyMap<string, ReadonlySet<string>>,
  members: ReadonlyMap<string, readonly string[]>,
): Unit[] {
  const depth = new Map<string, number>();
  for (const home of order) {
    depth.set(home, Math.max(0, ...[...(needs.get(home) ?? [])].map((each) => (depth.get(each) ?? 0) + 1)));
  }
  const byLevel = Map.groupBy(order, (home) => depth.get(home) ?? 0);
  return [...byLevel].map(([level, homes]) => ({
    name: `level-${level + 1}`,
    ids: homes.flatMap((home) => members.get(home) ?? []),
    needs: level === 0 ? [] : [level - 1],
    goesOn: true,
  }));
}
