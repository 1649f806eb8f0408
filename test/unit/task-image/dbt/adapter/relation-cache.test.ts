import { expect, test } from "vitest";
import { QUOTED, RelationCache } from "../../../../../task-image/dbt/adapter/relation-cache.ts";

const at = (identifier: string) => ({ database: "d", schema: "s", identifier });
const stored = (identifier: string, type = "table") => ({ ...at(identifier), type, quote: QUOTED, isOwn: false });

function cacheOf(...names: readonly string[]): RelationCache {
  const cache = new RelationCache();
  cache.answer({ call: "fill", database: "d", schema: "s", relations: names.map((name) => stored(name)) });
  return cache;
}

const listed = (cache: RelationCache, schema = "s") =>
  cache.answer({ call: "list", database: "D", schema })?.map(({ identifier, type }) => `${identifier} ${type}`);

test("a schema that was never listed is unknown, an empty one is empty", () => {
  expect(listed(cacheOf(), "other")).toBeUndefined();
  expect(listed(cacheOf(), "S")).toEqual([]);
});

test("a relation that is added is kept once, as it was first", () => {
  const cache = cacheOf("a");
  cache.answer({ call: "add", relation: stored("A", "view") });
  cache.answer({ call: "add", relation: stored("b", "view") });
  expect(listed(cache)).toEqual(["a table", "b view"]);
});

test("what depends on a relation goes with it, near and far", () => {
  const cache = cacheOf("a", "b", "c", "d");
  cache.answer({ call: "link", dependent: at("b"), referenced: at("a") });
  cache.answer({ call: "link", dependent: at("c"), referenced: at("b") });
  cache.answer({ call: "drop", relation: at("a") });
  expect(listed(cache)).toEqual(["d table"]);
});

test("views follow a relation that is renamed, and it keeps its type", () => {
  const cache = cacheOf("a", "v");
  cache.answer({ call: "link", dependent: at("v"), referenced: at("a") });
  cache.answer({ call: "rename", from: at("a"), to: stored("old", "view") });
  expect(listed(cache)).toEqual(["v table", "old table"]);
  cache.answer({ call: "drop", relation: at("old") });
  expect(listed(cache)).toEqual([]);
});

test("a temporary relation that is renamed becomes known", () => {
  const cache = cacheOf();
  cache.answer({ call: "rename", from: at("a__dbt_tmp"), to: stored("a") });
  expect(listed(cache)).toEqual(["a table"]);
});

test("a schema that is dropped is unknown again", () => {
  const cache = cacheOf("a");
  cache.answer({ call: "dropSchema", database: "d", schema: "s" });
  expect(listed(cache)).toBeUndefined();
});

test("a relation outside of the listed schemas that a view reads is not kept", () => {
  const cache = cacheOf("v");
  cache.answer({ call: "link", dependent: at("v"), referenced: { ...at("x"), schema: "other" } });
  expect(listed(cache, "other")).toBeUndefined();
  cache.answer({ call: "link", dependent: { ...at("w"), schema: "other" }, referenced: at("v") });
  cache.answer({ call: "drop", relation: at("v") });
  expect(listed(cache, "other")).toEqual([]);
});
