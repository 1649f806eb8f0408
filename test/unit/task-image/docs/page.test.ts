import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { lastResults } from "../../../../task-image/docs/last-results.ts";
import { search, searchIndex } from "../../../../task-image/docs/page/search.ts";
import { feedsOf, traceOf } from "../../../../task-image/docs/page/trace.ts";
import { titleOf, verdictOf } from "../../../../task-image/docs/page/verdict.ts";
import { age, duration, moment } from "../../../../task-image/docs/page/words.ts";
import type { PageNode, ResultState } from "../../../../task-image/docs/page-data.ts";
import { pageFile } from "../../../../task-image/docs/page-file.ts";
import {
  aPageTest as aTest,
  aPageNode as node,
  aPage as page,
  aResult as result,
} from "../../../support/dbt/page-data.ts";

const titleFor = (...nodes: readonly PageNode[]) => titleOf(page(...nodes), nodes.map(verdictOf)).text;

describe("the data in the page", () => {
  const shell = '<script type="application/json" id="data">null/* data */</script>';

  test("cannot end the element that they stand in, and read back as they were", () => {
    const data = page(node("films", { description: "</script><script>alert(1)</script><!-- & $& $1 \u2028" }));
    const html = pageFile(shell, data);
    expect(html.match(/<\/?script/g)).toHaveLength(2);
    expect(JSON.parse(/>([\s\S]*)</.exec(html)?.[1] ?? "")).toEqual(data);
  });

  test("go into a page that has one place for them", () => {
    expect(() => pageFile("<html>", page())).toThrow("0 places");
  });
});

describe("last results", () => {
  const run = (at: string, status: string, more: object = {}) =>
    JSON.stringify({
      metadata: { generated_at: at },
      results: [{ unique_id: "test.shop.t", status, failures: 3, execution_time: 0.5, message: "Got 3", ...more }],
    });

  test("are the later ones of two files", () => {
    const texts = [run("2026-12-02T00:00:00Z", "fail"), run("2026-12-01T00:00:00Z", "pass")];
    expect(lastResults(texts).get("test.shop.t")).toMatchObject({
      state: "failed",
      failures: 3,
      seconds: 0.5,
      message: "Got 3",
    });
    expect(lastResults(texts.toReversed()).get("test.shop.t")?.state).toBe("failed");
  });

  test("say that a source is late, and that the age of another is not known", () => {
    const text = JSON.stringify({
      metadata: { generated_at: "2026-12-01T00:00:00Z" },
      results: [
        { unique_id: "source.shop.raw.films", status: "error", max_loaded_at_time_ago_in_s: 90_000 },
        { unique_id: "source.shop.raw.gone", status: "runtime error", error: "no such table" },
      ],
    });
    const found = lastResults([text]);
    expect(found.get("source.shop.raw.films")).toMatchObject({ state: "late", age: 90_000 });
    expect(found.get("source.shop.raw.gone")).toMatchObject({ state: "failed", message: "no such table" });
  });

  test.each(["", "not json", "null", "[]", '{"results": 5}', '{"results": [null, 5, {"status": "pass"}]}'])(
    "of %j are left out",
    (text) => {
      expect(lastResults([text]).size).toBe(0);
    },
  );
});

describe("the verdict", () => {
  test("of a node is the worst that is known of it and its tests", () => {
    const states = (own: ResultState, ...tests: readonly ResultState[]) =>
      verdictOf(node("m", { result: result(own), tests: tests.map((state) => aTest(state)) })).state;
    expect(states("succeeded", "succeeded", "failed")).toBe("failed");
    expect(states("succeeded", "warned")).toBe("warned");
    expect(states("skipped", "skipped")).toBe("skipped");
    expect(states("none", "succeeded")).toBe("succeeded");
    expect(states("none")).toBe("none");
  });

  test("of the project names what fails before what is late and what warns", () => {
    const bad = node("films", { tests: [aTest("failed"), aTest("succeeded")] });
    const late = node("raw.films", { kind: "source", result: result("late") });
    const warned = node("stars", { tests: [aTest("warned")] });
    const built = node("good", { result: result("succeeded") });
    expect(titleFor(built, warned, late, bad)).toBe("films: 1 of 2 tests fails.");
    expect(titleFor(built, warned, late)).toBe("raw.films is late.");
    expect(titleFor(built, warned)).toBe("stars: 1 of 1 test warns.");
    expect(titleFor(bad, { ...bad, name: "b" }, { ...bad, name: "c" })).toBe("films, b and 1 more fail.");
    expect(titleFor(built)).toBe("All that ran is built.");
    expect(titleFor(node("new"))).toBe("shop has no results yet.");
    expect(titleFor({ ...built, tests: [aTest("succeeded")] })).toBe("The one test that ran passes.");
  });
});

describe("search", () => {
  const column = (name: string) => ({ name, type: null, description: "", marks: [], origins: null });
  const nodes = [
    node("orders", { sql: "select * from films" }),
    node("dim_films", { columns: [column("title")] }),
    node("films"),
    node("stars", { description: "Who plays in Films", tags: ["daily"] }),
  ];
  const found = (query: string) =>
    search(searchIndex(nodes), query).map(({ place, where }) => `${nodes[place]?.name} ${where}`.trim());

  test("finds names first, then columns, tags, descriptions and SQL, and says where", () => {
    expect(found("FILMS")).toEqual(["films", "dim_films", "stars in its description", "orders in its SQL"]);
    expect(found("titl")).toEqual(["dim_films column title"]);
    expect(found("daily")).toEqual(["stars daily"]);
  });

  test("takes every word, in any order, and finds all without one", () => {
    expect(found("title dim")).toEqual(["dim_films column title"]);
    expect(found("films nowhere")).toEqual([]);
    expect(found(" ")).toHaveLength(4);
  });
});

test("the way of a column has all that it is made of and all that is made of it, and no sisters", () => {
  const column = (name: string, ...from: readonly (readonly [number, string])[]) => ({
    ...{ name, type: null, description: "", marks: [] },
    origins: from.map(([place, of]) => ({ node: place, column: of, isSame: true })),
  });
  const nodes = [
    node("a", { columns: [column("x"), column("y")] }),
    node("b", { columns: [column("p", [0, "x"]), column("q", [0, "x"], [0, "y"])] }),
    node("c", { columns: [column("z", [1, "p"])] }),
  ];
  const { columns } = traceOf(nodes, feedsOf(nodes), { node: 1, column: "p" });
  expect(Object.fromEntries(columns)).toEqual({ 0: ["x"], 1: ["p"], 2: ["z"] });
});

test("times and durations are said as people say them", () => {
  expect([0.34, 12.4, 161].map(duration)).toEqual(["0.3 s", "12 s", "2 min 41 s"]);
  expect([4, 250, 90_000, 259_300].map(age)).toEqual(["4 s", "4 min", "25 h", "3 days"]);
  expect(moment("2026-12-01T06:01:13.5Z")).toBe("1 Dec 2026, 06:01:13 UTC");
});

describe("the colours of the page", () => {
  const css = readFileSync(new URL("../../../../task-image/docs/page/tokens.css", import.meta.url), "utf8");
  const blocks = [...css.matchAll(/\{([^{}]*)\}/g)].map(([, block = ""]) =>
    Object.fromEntries([...block.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value])),
  );
  const luminance = (hex: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  /** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
  const contrast = (one = "", other = "") => {
    const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const texts: readonly (readonly [string, readonly string[]])[] = [
    ["ink", ["bg", "surface", "sunken", "selected", "fail-soft"]],
    ["ink2", ["bg", "surface", "sunken", "selected"]],
    ["ink3", ["surface", "sunken", "bg"]],
    ["ok", ["surface", "selected", "sunken"]],
    ["retry", ["surface", "selected", "sunken"]],
    ["fail", ["surface", "selected", "sunken", "fail-soft"]],
    ["surface", ["ink"]],
  ];

  test("are the same dark ones for the system's choice and the reader's", () => {
    expect(blocks).toHaveLength(3);
    expect(blocks[1]).toEqual(blocks[2]);
  });

  test.each([
    ["light", 0],
    ["dark", 1],
  ])("have contrast enough, %s", (_, index) => {
    const colours = blocks[index] ?? {};
    const weak = texts.flatMap(([text, grounds]) =>
      grounds
        .filter((ground) => contrast(colours[text], colours[ground]) < 4.5)
        .map((ground) => `${text} on ${ground}`),
    );
    expect(weak).toEqual([]);
    expect(contrast(colours.control, colours.surface)).toBeGreaterThan(3);
  });
});
