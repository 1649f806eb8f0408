import { afterAll, beforeAll, expect, test } from "vitest";
import type { Check } from "#api/check.ts";
import { test as runChecks } from "../../../task-image/commands/test.ts";
import { type RedshiftLake, startRedshiftLake } from "../../support/redshift/lake.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

let lake: RedshiftLake;

beforeAll(async () => {
  lake = await startRedshiftLake();
  await lake.put("titles.csv", "id,title\n1,a\n2,a\n3,\n");
  await lake.put("credits.csv", "title_id\n1\n9\n");
  await lake.load({ files: { titles: "titles.csv", credits: "credits.csv" } });
});
afterAll(() => lake[Symbol.asyncDispose]());

function check(...checks: readonly Omit<Check, "severity">[]) {
  const work = {
    verb: "test",
    test: { connection: "warehouse", checks: checks.map((one) => ({ severity: "error" as const, ...one })) },
  } as const;
  const connections = { warehouse: lake.redshift.connection(lake.warehouse) };
  return runChecks(aTask({ work: work as never, connections }), aContext());
}

test("checks that hold pass, each in Redshift's own SQL", async () => {
  const outcome = await check(
    { table: "raw.titles", rowCount: { min: 3, max: 3 } },
    { table: "raw.titles", notNull: ["Id"] },
    { table: "raw.titles", unique: ["id"] },
    { table: "raw.titles", acceptedValues: { column: "title", values: ["a", "b"] } },
    { table: "raw.titles", relationships: { column: "title", to: "raw.titles", field: "title" } },
    { sql: "SELECT id FROM raw.titles WHERE id > 3" },
  );
  expect(outcome).toMatchObject({ message: "6 checks: 6 passed", tests: { passed: 6 } });
});

test.each<readonly [Omit<Check, "severity">, string]>([
  [{ table: "raw.titles", rowCount: { min: 4 } }, "row count is 3"],
  [{ table: "raw.titles", notNull: ["title"] }, "1 failing row"],
  [{ table: "raw.titles", unique: ["title"] }, "1 failing row"],
  [{ table: "raw.titles", acceptedValues: { column: "title", values: ["b"] } }, "2 failing rows"],
  [{ table: "raw.credits", relationships: { column: "title_id", to: "raw.titles", field: "id" } }, "1 failing row"],
  [{ sql: "SELECT id FROM raw.titles" }, "3 failing rows"],
])("a check that does not hold tells how many rows break it: %j", async (one, message) => {
  await expect(check(one)).rejects.toMatchObject({ code: "CheckFailed", message: expect.stringContaining(message) });
});

test.each<readonly [Omit<Check, "severity">, string]>([
  [{ table: "raw.titles", notNull: ["name"] }, 'column "name" of raw.titles does not exist; it has: id, title'],
  [{ table: "raw.title", rowCount: { min: 1 } }, "table raw.title does not exist; near names: raw.titles"],
  [{ table: "titles", rowCount: { min: 1 } }, 'relation "titles" does not exist'],
])("a check that cannot be carried out says what is missing: %j", async (one, message) => {
  await expect(check(one)).rejects.toMatchObject({ code: "CheckErrored", message: expect.stringContaining(message) });
});
