import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { MacroPackages } from "../../config/macro-packages/macro-packages.ts";
import { macroPackages } from "../support/dbt/macro-packages.ts";

let fetched: MacroPackages;
beforeAll(async () => {
  fetched = await macroPackages();
});

test("the macro packages of dbt's adapters are unpacked, each below its name", () => {
  const names = ["global_project", "postgres", "redshift", "snowflake"].map((folder) => {
    const project = readFileSync(join(fetched.macros, folder, "dbt_project.yml"), "utf8");
    return /^name: (\w+)$/m.exec(project)?.[1];
  });
  expect(names).toEqual(["dbt", "dbt_postgres", "dbt_redshift", "dbt_snowflake"]);
});

test("nothing but SQL and YAML is unpacked", () => {
  const files = readdirSync(fetched.macros, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  expect(files.length).toBeGreaterThan(200);
  expect(files.map(({ name }) => name).filter((name) => !/\.(sql|yml)$/.test(name))).toEqual([]);
});

test("each package comes with its licence", () => {
  expect(fetched.packages.map(({ name }) => name)).toEqual([
    "dbt-adapters",
    "dbt-postgres",
    "dbt-redshift",
    "dbt-snowflake",
  ]);
  for (const { license, texts } of fetched.packages) {
    expect(license).toBe("Apache-2.0");
    expect(texts.map(({ text }) => text).join("\n")).toMatch(/Apache License\s+Version 2\.0/);
  }
});
