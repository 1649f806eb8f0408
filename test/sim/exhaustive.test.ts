import { describe, expect, test } from "vitest";
import { sketches, specOf } from "./all-pipelines.ts";
import { type Freedom, search } from "./exhaustive.ts";

function searchAll(count: number, limit: number, freedom: Freedom, marks: boolean): number {
  let states = 0;
  for (const nodes of sketches(count, { marks })) {
    const searched = search(specOf(nodes, limit), freedom);
    expect(searched.violation, JSON.stringify(nodes)).toBeUndefined();
    states += searched.states;
  }
  return states;
}

describe("every story of every graph, with a crash at every moment, keeps its promises", () => {
  test("one node and two, with every rule and mark, retries, an eviction and a cancellation at any time", () => {
    const freedom = { cancel: true, evictions: 1 };
    expect(searchAll(1, 1, freedom, true) + searchAll(2, 1, freedom, true)).toBeGreaterThan(5_000);
  });

  test("three nodes, with every rule", () => {
    expect(searchAll(3, 0, { cancel: false, evictions: 0 }, false)).toBeGreaterThan(5_000);
  });
});
