import { describe, expect, test } from "vitest";
import { readMacroFile } from "../../../../../task-image/dbt/macros/macro-file.ts";
import { type MacroLibrary, macroLibrary } from "../../../../../task-image/dbt/macros/macro-library.ts";
import { formatProblem, type Problem } from "../../../../../task-image/jinja/problem.ts";

const macro = (name: string) => `{% macro ${name}() %}{% endmacro %}`;

/** A library of packages and the names of their macros; `shop` is the root, Redshift the warehouse. */
function library(
  packages: Readonly<Record<string, readonly string[]>>,
  searchOrders: Readonly<Record<string, readonly string[]>> = {},
  problems: Problem[] = [],
): MacroLibrary {
  const definitions = Object.entries(packages).flatMap(([name, macros]) =>
    readMacroFile(
      name,
      "macros/all.sql",
      macros.map((each) => (each.startsWith("{%") ? each : macro(each))).join("\n"),
    ),
  );
  const places = {
    rootPackage: "shop",
    adapterTypes: ["redshift", "postgres"],
    searchOrders: new Map(Object.entries(searchOrders)),
  };
  return macroLibrary(places, definitions, problems);
}

describe("a name means", () => {
  const packages = {
    dbt: ["a", "b", "c", "d", "e"],
    dbt_postgres: ["b", "c", "d"],
    dbt_redshift: ["c", "d"],
    dbt_utils: ["a", "star"],
    shop: ["d"],
  };

  test.each([
    ["a", "shop", "macro.dbt.a"],
    ["a", "dbt_utils", "macro.dbt_utils.a"],
    ["b", "shop", "macro.dbt_postgres.b"],
    ["c", "dbt_utils", "macro.dbt_redshift.c"],
    ["d", "dbt_utils", "macro.shop.d"],
    ["star", "shop", undefined],
    ["star", "dbt_utils", "macro.dbt_utils.star"],
  ])("%s in a template of %s: %s", (name, ofPackage, found) => {
    expect(library(packages).find(name, ofPackage)?.uniqueId).toBe(found);
  });

  test("a package, before it means a macro of dbt, and after it means one of the project", () => {
    const found = library({ dbt: ["audit"], audit: ["x"], shop: [] });
    expect(found.find("audit", "shop")).toBeUndefined();
    expect(found.isPackage("audit")).toBe(true);
    expect(library({ audit: ["x"], shop: ["audit"] }).find("audit", "shop")?.uniqueId).toBe("macro.shop.audit");
  });

  test("in the package dbt, the adapters' macros and dbt's as one", () => {
    const { findIn, isPackage } = library(packages);
    expect(findIn("dbt", "b")?.uniqueId).toBe("macro.dbt_postgres.b");
    expect(findIn("dbt", "e")?.uniqueId).toBe("macro.dbt.e");
    expect(findIn("dbt_utils", "star")?.uniqueId).toBe("macro.dbt_utils.star");
    expect([isPackage("dbt"), isPackage("dbt_utils"), isPackage("dbt_postgres")]).toEqual([true, true, false]);
  });

  test("for the engine the root project's macro or dbt's, and no other package's", () => {
    const { findForEngine } = library({ dbt: ["generate_schema_name"], dbt_utils: ["generate_schema_name"], shop: [] });
    expect(findForEngine("generate_schema_name")?.uniqueId).toBe("macro.dbt.generate_schema_name");
  });
});

describe("dispatch", () => {
  test.each([
    [
      "the root project before the namespace's package",
      { shop: ["default__x"], dbt_utils: ["default__x"] },
      "macro.shop.default__x",
    ],
    [
      "packages outside, prefixes inside",
      { shop: ["default__x"], dbt_utils: ["redshift__x"] },
      "macro.shop.default__x",
    ],
    [
      "the more special adapter first",
      { dbt_utils: ["default__x", "postgres__x", "redshift__x"] },
      "macro.dbt_utils.redshift__x",
    ],
    [
      "the adapter that it builds upon next",
      { dbt_utils: ["default__x", "postgres__x"] },
      "macro.dbt_utils.postgres__x",
    ],
  ])("takes %s", (_, packages, found) => {
    expect(library(packages).dispatch("x", "dbt_utils", "shop").uniqueId).toBe(found);
  });

  test("looks where dispatch of dbt_project.yml says, and nowhere else", () => {
    const packages = { shop: ["default__x"], shim: ["default__x"], dbt_utils: ["default__x"] };
    const found = library(packages, { dbt_utils: ["shim", "dbt_utils"] }).dispatch("x", "dbt_utils", "shop");
    expect(found.uniqueId).toBe("macro.shim.default__x");
  });

  test("without a namespace looks as a bare name does", () => {
    const packages = { dbt: ["default__x"], dbt_utils: ["default__x"], shop: [] };
    expect(library(packages).dispatch("x", undefined, "dbt_utils").uniqueId).toBe("macro.dbt_utils.default__x");
    expect(library(packages).dispatch("x", undefined, "shop").uniqueId).toBe("macro.dbt.default__x");
  });

  test("in the namespace dbt finds what the root project replaces", () => {
    const packages = { dbt: ["default__x"], dbt_postgres: ["postgres__x"], shop: ["redshift__x"] };
    expect(library(packages).dispatch("x", "dbt", "dbt").uniqueId).toBe("macro.shop.redshift__x");
  });

  test("says what it looked for", () => {
    const { dispatch } = library({ dbt_utils: [], shop: [] });
    expect(() => dispatch("x", undefined, "shop")).toThrow(
      "dispatch(): there is no macro 'x'. Looked for 'redshift__x', 'postgres__x', 'default__x'",
    );
    expect(() => library({ dbt_utils: ["y"] }).dispatch("x", "dbt_util", "shop")).toThrow(
      "dispatch(): there is no package 'dbt_util'; did you mean 'dbt_utils'?",
    );
  });
});

describe("a materialization", () => {
  const materialization = (heading: string) => `{% materialization ${heading} %}{% endmaterialization %}`;

  test.each([
    [
      "the adapter's before the default one",
      { dbt: [materialization("t, default")], dbt_redshift: [materialization("t, adapter='redshift'")] },
      "macro.dbt_redshift.materialization_t_redshift",
    ],
    [
      "the root project's before dbt's",
      { dbt: [materialization("t, default")], shop: [materialization("t, default")] },
      "macro.shop.materialization_t_default",
    ],
    [
      "dbt's before a package's",
      { dbt: [materialization("t, default")], other: [materialization("t, default")] },
      "macro.dbt.materialization_t_default",
    ],
    [
      "a package's where dbt has none of that name",
      { other: [materialization("t, default")] },
      "macro.other.materialization_t_default",
    ],
  ])("is %s", (_, packages, found) => {
    expect(library(packages).materialization("t")?.uniqueId).toBe(found);
  });
});

test("a generic test is a macro with test_ before its name", () => {
  const { macros } = library({
    shop: ["{% test even(model) %}{% endtest %}", "{% data_test odd(model) %}{% enddata_test %}"],
  });
  expect([...macros.keys()]).toEqual(["macro.shop.test_even", "macro.shop.test_odd"]);
});

test("a macro is read when it is called, and once", () => {
  const [good, broken] = readMacroFile(
    "shop",
    "macros/a.sql",
    `${macro("good")}\n{% macro broken() %}{{ }}{% endmacro %}`,
  );
  expect(good?.statement()).toBe(good?.statement());
  expect(good?.statement()).toMatchObject({ type: "macro", name: "good" });
  expect(() => broken?.statement()).toThrow(
    expect.objectContaining({ at: { file: "macros/a.sql", line: 2, column: 24 } }),
  );
});

test("two macros of one name in one package are a problem", () => {
  const problems: Problem[] = [];
  library({ shop: ["a", "a"], other: ["a"] }, {}, problems);
  expect(problems.map(formatProblem)).toEqual([
    "macros/all.sql:2:1: macro 'a' is defined in macros/all.sql:1:1 already: rename one",
  ]);
});
