import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Check } from "#api/check.ts";
import type { TaskConnection } from "#api/task.ts";
import { test as runChecks } from "../../task-image/commands/test.ts";
import { aContext, aTask } from "../support/tasks/task.ts";

/** A warehouse with the tables of {@link CHECKED_FILES} in schema raw. */
export interface CheckScene extends AsyncDisposable {
  readonly connection: TaskConnection;
  /** Rows of a query, by the names of their columns in small letters. */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 19).replace("T", " ");

/** Files to load, by the name of their table. */
export const CHECKED_FILES = {
  titles: `id,title,added\n1,a,${daysAgo(9)}\n2,a,${daysAgo(4)}\n3,,${daysAgo(2)}\n`,
  credits: "title_id\n1\n9\n",
} as const;

const table = "raw.titles";
const value = (sql: string, said: object) => ({ value: { sql, ...said } });

const HOLD: readonly object[] = [
  { table, rowCount: { min: 3, max: 3 } },
  { table, rowCount: { max: 1 }, where: "id > 2" },
  { table, notNull: ["Id"] },
  { table, nullRatio: { column: "title", max: "34%" } },
  { table, unique: ["id"] },
  { table, acceptedValues: { column: "title", values: ["a", "it's"] } },
  { table, relationships: { column: "title", to: table, field: "title" } },
  { table, freshness: { column: "added", maxAge: "3d" } },
  value("SELECT count(*) FROM raw.titles", { equals: 3 }),
  value("SELECT max(id) FROM raw.titles;", { min: "2.5", max: 3 }),
  { table, columns: { expected: [{ name: "id" }, { name: "Title" }, { name: "added" }], extra: "refuse" } },
  { sql: "SELECT id FROM raw.titles WHERE id > 3" },
];

/** What does not hold, the number of failures, and part of the message. */
const BREAK: readonly (readonly [object, number, string])[] = [
  [{ table, rowCount: { min: 4 } }, 1, "row count is 3"],
  [{ table, notNull: ["title"] }, 1, "1 failing row"],
  [{ table, nullRatio: { column: "title", max: "33%" } }, 1, "33.33% of the rows are null"],
  [{ table, unique: ["title"] }, 1, "1 failing row"],
  [{ table, unique: ["title"], failCalc: "sum(occurrences)" }, 2, "2 failing rows"],
  [{ table, acceptedValues: { column: "title", values: ["b"] } }, 2, "2 failing rows"],
  [{ table, acceptedValues: { column: "title", values: ["b"] }, limit: 1 }, 1, "1 failing row"],
  [{ table: "raw.credits", relationships: { column: "title_id", to: table, field: "id" } }, 1, "1 failing row"],
  [{ table, freshness: { column: "added", maxAge: "1d" } }, 1, "the newest value is 48h0"],
  [value("SELECT 'secret'", { equals: "public" }), 1, "the value is another one, see: SELECT 'secret'"],
  [
    { table, columns: { expected: [{ name: "name" }, { name: "id" }], extra: "refuse" } },
    3,
    "column name is missing; ",
  ],
  [{ sql: "SELECT id FROM raw.titles" }, 3, "3 failing rows"],
];

const MISTAKEN: readonly (readonly [object, RegExp])[] = [
  [{ table, notNull: ["name"] }, /column "name" of raw\.titles does not exist; it has: id, title, added/i],
  [{ table: "raw.title", rowCount: { min: 1 } }, /table raw\.title does not exist; near names: raw\.titles/i],
  [{ table: "titles", rowCount: { min: 1 } }, /titles/i],
  [{ table, freshness: { column: "nothing", maxAge: "1d" } }, /column "nothing" of raw\.titles does not exist/i],
  [{ table: "raw.nothing", columns: { expected: [{ name: "a" }] } }, /table raw\.nothing does not exist/i],
  [value("SELECT max(id) FROM raw.nothing", { equals: 1 }), /nothing" ?does not exist|nothing' does not exist/i],
  [{ table: "raw.nothing", distribution: { metric: "rowCount" } }, /table raw\.nothing does not exist/i],
];

const ROWS = { table, name: "rows", distribution: { metric: "rowCount", minHistory: 3 } };
const MEAN = { table, name: "mean", distribution: { metric: "average", column: "id", minHistory: 3 } };

/** What checks do in every warehouse. */
export function checkSuite(warehouse: string, start: () => Promise<CheckScene>): void {
  describe(`checks: ${warehouse}`, () => {
    let scene: CheckScene;
    beforeAll(async () => {
      scene = await start();
    });
    afterAll(() => scene?.[Symbol.asyncDispose]());

    async function run(checks: readonly object[], uid = "run-1", more: object = {}) {
      const said = checks.map((check) => Check.parse(check));
      const work = { verb: "test", test: { connection: "warehouse", checks: said, ...more } } as const;
      const context = aContext();
      const spec = aTask({ work, connections: { warehouse: scene.connection }, uid });
      const result = await runChecks(spec, context).catch((error: unknown) => error);
      const lines = context.lines.map((line) => JSON.parse(line)).filter(({ check }) => check !== undefined);
      return { result, lines };
    }

    test("checks that hold pass", async () => {
      const { result } = await run(HOLD);
      expect(result).toMatchObject({ message: `${HOLD.length} checks: ${HOLD.length} passed` });
    });

    test("a check that does not hold tells how many rows break it, and a query that runs shows them", async () => {
      const { result, lines } = await run(BREAK.map(([check]) => check));
      expect(result).toMatchObject({ code: "CheckFailed", measured: { tests: { failed: BREAK.length } } });
      for (const [index, [check, failures, message]] of BREAK.entries()) {
        const line = lines[index];
        expect([check, line?.failures, line?.message]).toEqual([check, failures, expect.stringContaining(message)]);
        expect((await scene.query(line.sample)).length).toBeGreaterThan(0);
      }
    });

    test("a check that cannot be carried out says what is missing", async () => {
      const { result, lines } = await run(MISTAKEN.map(([check]) => check));
      expect(result).toMatchObject({ code: "CheckErrored", measured: { tests: { errored: MISTAKEN.length } } });
      for (const [index, [, message]] of MISTAKEN.entries()) expect(lines[index]?.message).toMatch(message);
    });

    test("numbers are compared with those of earlier runs, each of which counts once", async () => {
      for (const uid of ["run-1", "run-2", "run-2", "run-3"]) {
        expect((await run([ROWS, MEAN], uid)).result).toMatchObject({ tests: { passed: 2 } });
      }
      const less = [ROWS, MEAN].map((check) => ({ ...check, where: "id < 3" }));
      const { lines } = await run(less, "run-4");
      expect(lines).toMatchObject([
        { state: "failed", message: expect.stringContaining("differs from what it was in all of 3 runs") },
        { state: "failed", message: expect.stringContaining("average(id) differs") },
      ]);
      const shown = await scene.query(lines[1].sample);
      expect(shown.map(({ value: number }) => Number(number)).sort()).toEqual([1.5, 2, 2, 2]);
    });

    test("failing rows are kept in a table, replaced by each run, and no other table is", async () => {
      const store = { storeFailures: { schema: "raw" } };
      const check = { table, name: "Bad titles", acceptedValues: { column: "title", values: ["b"] }, severity: "warn" };
      const { lines } = await run([check], "run-1", store);
      expect(lines).toMatchObject([{ state: "warned", message: expect.stringContaining("2 failing rows") }]);
      expect(await scene.query(lines[0].sample)).toHaveLength(2);
      await run([{ ...check, where: "id = 1" }], "run-2", store);
      expect(await scene.query("SELECT title FROM raw.bad_titles")).toEqual([{ title: "a" }]);
      const taken = await run([{ ...check, name: "credits" }], "run-3", store);
      expect(taken.result).toMatchObject({
        code: "CheckErrored",
        message: expect.stringContaining("it is not kelt's"),
      });
      expect(await scene.query("SELECT title_id FROM raw.credits")).toHaveLength(2);
    });
  });
}
