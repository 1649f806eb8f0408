import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Check } from "#api/check.ts";
import { Load } from "#api/load.ts";
import { test as runChecks } from "../../../task-image/commands/test.ts";
import type { TaskFailure } from "../../../task-image/errors.ts";
import { encodeResult, failedResult, succeededResult, UNKNOWN_SPEAKER } from "../../../task-image/result.ts";
import { failureOf } from "../../../task-image/task.ts";
import { useLoadDatabases } from "../../support/loads/load-databases.ts";
import { type FilesLoad, type Lake, startLake } from "../../support/loads/load-files.ts";
import { parquetOf } from "../../support/loads/parquet-file.ts";
import { type HttpApi, startHttpApi } from "../../support/servers/http-api.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";
import { runTask } from "../../support/tasks/task-process.ts";

/*
 * Every value of every row carries one of these. Whatever fails, none of them is in the result, which goes into status, Events and
 * metrics, nor in what is printed; rejected rows have them.
 */
const TEXT = "ada-7Qx";
const NUMBER = "98765043210";
const DAY = "1987-06-05";
const MARKERS = /7Qx|98765|1987-06/;

type Context = ReturnType<typeof aContext>;

/** Everything that a command has told anybody, and the failure that it ended with. */
async function wordsOf(run: (context: Context) => Promise<{ readonly message: string }>) {
  const context = aContext();
  const ended = await run(context).then(
    (outcome) => ({ result: succeededResult(UNKNOWN_SPEAKER, outcome), failure: undefined }),
    (error: unknown) => {
      const failure: TaskFailure = failureOf(error);
      return { result: failedResult(UNKNOWN_SPEAKER, failure), failure };
    },
  );
  context.progress.conclude(ended.failure?.message);
  const said = [encodeResult(ended.result, context.redactor), JSON.stringify(context.progress.all()), ...context.lines];
  return { text: said.join(""), failure: ended.failure };
}

describe("files", () => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake();
  });
  afterAll(() => lake[Symbol.asyncDispose]());
  beforeEach(() => lake.newWarehouse());

  const files = { people: "people.csv" };
  const load = async (content: string | Buffer, parts: FilesLoad & { readonly context?: Context } = {}) => {
    const key = Object.values(parts.files ?? files)[0] ?? "people.csv";
    await lake.put(key, content);
    return wordsOf(() => lake.load({ files, ...parts }));
  };
  const people = `email,phone,born\n${TEXT},${NUMBER},${DAY}\n`;

  test.each<[string, string, FilesLoad, string]>([
    [
      "a text for a number",
      people,
      { columns: { people: { email: "integer" } } },
      "people.csv, line 2, column email: invalid input syntax for type integer",
    ],
    [
      "a number out of range",
      people,
      { columns: { people: { phone: "integer" } } },
      "column phone: a value is out of range for type integer",
    ],
    [
      "a text for a day",
      people,
      { columns: { people: { email: "date" } } },
      "column email: invalid input syntax for type date",
    ],
    [
      "a text that is too long",
      people,
      { columns: { people: { email: "varchar(3)" } } },
      "column email: value too long for type character varying(3)",
    ],
    ["a day for a document", people, { columns: { people: { born: "jsonb" } } }, "column born: "],
    ["a row of other cells", `${people}${TEXT}\n`, {}, "line 3: expected 3 cells as in the header, found 1"],
    [
      "a first row for a header",
      `${TEXT},${TEXT}\n`,
      {},
      "line 1, column 2: expected a name of its own, found a name, which column 1 is called too",
    ],
    ["a quote that stays open", `${people}"${TEXT},1,2\n`, {}, "line 3: a quote"],
    ["two rows of a key", `${people}${TEXT},1,\n`, { mode: "merge", key: ["email"] }, "found a key in 2 rows"],
    [
      "a row without a key",
      `${people},1,${DAY}\n`,
      { mode: "merge", key: ["email"] },
      "found a key with NULL in 1 row",
    ],
    [
      "a row out of the range",
      people,
      {
        mode: "replace",
        range: { column: "born", from: "2020-01-01", to: "2021-01-01" },
        columns: { people: { born: "date" } },
      },
      "found another value in 1 row",
    ],
  ])("%s", async (_what, content, parts, expected) => {
    const { text, failure } = await load(content, parts);
    expect(failure?.message).toContain(expected);
    expect(text).not.toMatch(MARKERS);
    expect(failure?.detail).toBeDefined();
  });

  test.each<[string, string, string]>([
    ["JSON that breaks off", `{"email":"${TEXT}`, "people.json, line 1"],
    ["JSON with a missing comma", `[{"email":"${TEXT}" "phone":${NUMBER}}]`, "people.json, line 1"],
    ["a text among objects", `["${TEXT}"]`, "people.json, line 1"],
    ["lines of which one is none", `{"email":"a"}\n${TEXT}\n`, "line 2"],
  ])("%s", async (_what, content, expected) => {
    const { text, failure } = await load(content, { files: { people: "people.json" } });
    expect(failure?.message).toContain(expected);
    expect(text).not.toMatch(MARKERS);
  });

  test.each<[string, string, string]>([
    ["a check", "CHECK (email <> 'ada-7Qx')", 'check constraint "people_email_check"'],
    ["a trigger's own words", "", "a function of the database raised an error"],
    ["another row of the same key", "UNIQUE", 'unique constraint "people_email_key" (Key (email))'],
    ["a column that takes no NULL", "NOT NULL, missing text NOT NULL", "missing"],
  ])("a row that a table refuses by %s", async (_what, constraint, expected) => {
    await lake.warehouse.query(
      `CREATE SCHEMA raw; CREATE TABLE raw.people (email text ${constraint}, phone text, born text)`,
    );
    if (constraint === "") {
      await lake.warehouse.query(`CREATE FUNCTION raw.no() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'no % here', NEW.email USING DETAIL = NEW::text, HINT = NEW.email; END $$;
        CREATE TRIGGER no BEFORE INSERT ON raw.people FOR EACH ROW EXECUTE FUNCTION raw.no()`);
    }
    const { text, failure } = await load(`${people}${TEXT},1,2\n`, { mode: "append" });
    expect(failure?.message).toContain(expected);
    expect(text).not.toMatch(MARKERS);
  });

  test("a Parquet file's times, and one that is damaged", async () => {
    const times = await parquetOf(`SELECT TIMESTAMP_NS '${DAY} 01:02:03.123456789' AS born`);
    for (const content of [times, times.subarray(0, -9), Buffer.from(`PAR1${TEXT}PAR1`)]) {
      const { text, failure } = await load(content, { files: { people: "people.parquet" } });
      expect(failure?.message).toContain("people.parquet");
      expect(text).not.toMatch(MARKERS);
    }
  });

  test("rejected rows have the values, and nothing else", async () => {
    const { text, failure } = await load(`${people}${TEXT},1,2\n`, {
      columns: { people: { email: "integer" } },
      rejects: { max: 5 },
    });
    expect(failure).toBeUndefined();
    expect(text).not.toMatch(MARKERS);
    expect(await lake.warehouse.query("SELECT value, reason FROM raw._kelt_rejects")).toEqual([
      { value: TEXT, reason: `invalid input syntax for type integer: "${TEXT}"` },
      { value: TEXT, reason: `invalid input syntax for type integer: "${TEXT}"` },
    ]);
  });
});

describe("tables", () => {
  const databases = useLoadDatabases("18");
  const from = { connection: "source", schema: "public", tables: ["people"] };
  const to = { connection: "warehouse", schema: "raw" };
  const load = (more: object = {}) =>
    wordsOf((context) => databases.load(Load.parse({ from, to, mode: "append", ...more }), { context }));
  beforeEach(async () => {
    await databases.source.query(`CREATE TABLE people (email text, phone text, born date);
      INSERT INTO people VALUES ('${TEXT}', '${NUMBER}', '${DAY}'), ('${TEXT}', '${NUMBER}', '${DAY}')`);
  });

  test.each<[string, string, object, string]>([
    ["a unique column", "email text UNIQUE, phone text, born date", {}, "people_email_key"],
    ["a check", "email text, phone text, born date CHECK (born > '2000-01-01')", {}, "people_born_check"],
    ["a narrower type", "email text, phone integer, born date", {}, "column phone of raw.people is integer"],
    [
      "a key of several rows",
      "email text, phone text, born date",
      { mode: "merge", key: ["email"] },
      "found a key in 2 rows",
    ],
    ["an enum", "email mood, phone text, born date", {}, "email"],
  ])("%s", async (_what, columns, more, expected) => {
    await databases.warehouse.query(
      `CREATE SCHEMA raw; CREATE TYPE mood AS ENUM ('x'); CREATE TABLE raw.people (${columns})`,
    );
    const { text, failure } = await load(more);
    expect(failure?.message).toContain(expected);
    expect(text).not.toMatch(MARKERS);
  });

  test.each<[string, string, string]>([
    ["a cast", "SELECT email::integer AS n FROM people", "invalid input syntax for type integer"],
    ["a cast to a table's name", "SELECT email::regclass AS n FROM people", "names something that is not there"],
    ["a division", "SELECT 1 / (phone::bigint - 98765043210) AS n FROM people", "division by zero"],
    ["a function that raises", "SELECT refuse(email) AS n FROM people", "a function of the database raised an error"],
    [
      "a function that raises with a code of the server's",
      "SELECT forbid(email) AS n FROM people",
      "a function of the database raised an error",
    ],
    [
      "a function that puts SQL together",
      "SELECT compute(email) AS n FROM people",
      "at PL/pgSQL function compute(text) line 1 at EXECUTE",
    ],
  ])("a source's query that fails by %s", async (_what, query, expected) => {
    await databases.source.query(`
      CREATE FUNCTION refuse(v text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is refused', v; END $$;
      CREATE FUNCTION forbid(v text) RETURNS text LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'not for %', v USING ERRCODE = 'insufficient_privilege', DETAIL = v; END $$;
      CREATE FUNCTION compute(v text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT ' || v; RETURN v; END $$`);
    const { text, failure } = await load({ from: { connection: "source", query }, to: { ...to, table: "people" } });
    expect(failure?.message).toContain(expected);
    expect(text).not.toMatch(MARKERS);
  });

  test.each<[string, object, string]>([
    ["of a cast", { sql: "SELECT * FROM people WHERE email::integer > 0" }, "invalid input syntax for type integer"],
    ["that fails", { table: "public.people", unique: ["email"] }, "1 failing row"],
    ["of values", { table: "public.people", acceptedValues: { column: "email", values: ["x"] } }, "2 failing rows"],
  ])("a check %s", async (_what, check, expected) => {
    const checks = [Check.parse(check)];
    const connections = { source: databases.source.connection() };
    const work = { verb: "test" as const, test: { connection: "source", checks } };
    const { text } = await wordsOf((context) => runChecks(aTask({ work, connections }), context));
    expect(text).toContain(expected);
    expect(text).not.toMatch(MARKERS);
  });

  test.each([
    [false, 0],
    [true, 1],
  ])(
    "a process prints values when spec.logValues is %s, and never puts them into its result",
    async (logValues, least) => {
      const query = "SELECT email::integer AS n FROM people";
      const task = databases.task(
        Load.parse({ from: { connection: "source", query }, to: { ...to, table: "people" } }),
      );
      const { output, result, parsed } = await runTask({ ...task, logValues });
      expect(parsed.error).toMatchObject({ code: "22P02" });
      expect(result).not.toMatch(MARKERS);
      expect(MARKERS.test(output) ? 1 : 0).toBe(least);
      expect(output).toContain("    at ");
    },
  );
});

describe("HTTP", () => {
  const databases = useLoadDatabases("18");
  const row = `{"email":"${TEXT}","phone":${NUMBER}}`;
  let api: HttpApi;
  const load = (reply: Parameters<typeof startHttpApi>[0], http: object = {}) =>
    wordsOf(async (context) => {
      api = await startHttpApi(reply);
      await using _api = api;
      const from = { connection: "source", http: { path: "people", ...http } };
      const source = { kind: "http" as const, baseUrl: api.origin };
      const more = "incremental" in http ? { mode: "merge", key: ["at"] } : {};
      const what = Load.parse({ from, to: { connection: "warehouse", schema: "raw", table: "people" }, ...more });
      return await databases.load(what, { source, context });
    });

  test.each<[string, Parameters<typeof startHttpApi>[0], object, string]>([
    ["a refusal that quotes a row", () => ({ status: 422, body: `bad row ${row}` }), {}, "answered 422"],
    ["text for JSON", () => ({ body: TEXT }), {}, "is not what format says"],
    ["JSON that breaks off", () => ({ body: `[${row},` }), {}, "is not what format says"],
    ["a row in the place of a list", () => ({ body: row }), { records: "items" }, "NoRecords"],
    [
      "a total that is a text",
      () => ({ body: `{"items":[${row}],"total":"${TEXT}"}` }),
      { records: "items", paging: { page: { param: "page" }, total: { field: "total" } } },
      "expected a whole number in the field total, found something else",
    ],
    [
      "a cursor of two kinds",
      () => ({ body: `[{"at":"${TEXT}"},{"at":${NUMBER}}]` }),
      { incremental: { field: "at", parameter: "since" } },
      "found a text and a number in record 2",
    ],
  ])("%s", async (_what, reply, http, expected) => {
    const { text, failure } = await load(reply, http);
    expect(`${failure?.code} ${failure?.message}`).toContain(expected);
    expect(text).not.toMatch(MARKERS);
  });
});
