import { afterAll, beforeAll, expect, test } from "vitest";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

let server: PostgresServer;
let source: TestDatabase;
let warehouse: TestDatabase;

beforeAll(async () => {
  server = await startPostgres({ lc_monetary: "C", TimeZone: "America/New_York", DateStyle: "SQL, DMY" });
  source = await server.createDatabase();
  warehouse = await server.createDatabase();
  await source.query(`
    CREATE EXTENSION IF NOT EXISTS citext;
    CREATE TYPE mood AS ENUM ('sad', 'so so', 'happy');
    CREATE TYPE point_of_sale AS (city text, number int);
    CREATE DOMAIN price AS numeric(6,2) CHECK (VALUE >= 0);
    CREATE DOMAIN sale_price AS price;
    CREATE TYPE float_range AS RANGE (subtype = float8)`);
});
afterAll(() => server.stop());

async function loadTables(tables: string[]) {
  const work: WorkOf<"load"> = {
    verb: "load",
    load: {
      from: { connection: "source", schema: "public", tables },
      to: { connection: "warehouse", schema: "raw" },
      mode: "replace",
    },
  };
  const connections = { source: source.connection(), warehouse: warehouse.connection() };
  return await load(aTask({ work, connections, uid: `types-${tables.join()}` }), aContext());
}

const SAME = [
  ["integer", "-2147483648", "2147483647", "0", "NULL"],
  ["bigint", "9007199254740993", "-9223372036854775808", "NULL"],
  ["smallint", "-32768"],
  ["numeric(38,18)", "12345678901234567890.123456789012345678", "-0.000000000000000001", "'NaN'"],
  ["numeric", "1e400", "'Infinity'", "'-Infinity'", "'NaN'", "1.10", "1.1"],
  ["double precision", "'-0'", "'NaN'", "'-Infinity'", "0.1", "5e-324", "1.7976931348623157e308"],
  ["real", "'-0'", "3.4e38", "0.1"],
  ["boolean", "true", "false", "NULL"],
  [
    "text",
    "''",
    "NULL",
    "'NULL'",
    "'\\N'",
    "E'tab\\t newline\\n return\\r quote\\' back\\\\slash'",
    "'\\.'",
    "'日本語 🎬 é'",
    "repeat('x', 300000)",
  ],
  ["character varying(7)", "'0123456'", "'00123'", "''"],
  ["character(5)", "'a'", "''"],
  ["bytea", "'\\x00ff0a5c'", "''"],
  ["date", "'0044-03-15 BC'", "'0001-01-01'", "'9999-12-31'", "'infinity'", "'-infinity'"],
  ["timestamp without time zone", "'2024-03-31 02:30:00.123456'", "'4713-01-01 BC'", "'infinity'"],
  ["timestamp(0) without time zone", "'2024-03-31 02:30:01'"],
  ["timestamp with time zone", "'2024-10-27 02:30:00.999999+02'", "'1900-01-01 00:00:00+00:53:28'", "'-infinity'"],
  ["time without time zone", "'23:59:59.999999'", "'24:00:00'"],
  ["time with time zone", "'12:00:00.5+05:30'"],
  ["interval", "'1 year -2 mons +3 days -04:05:06.789'", "'-0.000001 s'"],
  ["uuid", "'00000000-0000-0000-0000-0000000000ff'"],
  ["json", `'{"b": 1, "a": 1.10, "a": [9007199254740993]}'`],
  ["jsonb", `'{"b": 1, "a": 1.10, "n": 9007199254740993, "t": "\\u00e9"}'`, "'null'"],
  ["inet", "'192.168.0.1/24'", "'::1'"],
  ["macaddr", "'08:00:2b:01:02:03'"],
  ["bit(3)", "B'101'"],
  ["bit varying", "B'10101'", "B''"],
  ["tsvector", "'a:1A fat:2 cat:3B'"],
  ["point", "'(1.5,-2)'"],
  ["int4range", "'[1,10)'", "'empty'"],
  ["tstzmultirange", "'{[2024-01-01 00:00+00, 2024-02-01 00:00+00)}'"],
  ["integer[]", "'{1,NULL,3}'", "'{}'", "'[2:3]={7,8}'", "'{{1,2},{3,4}}'"],
  ["text[]", `ARRAY['', NULL, 'NULL', 'a,b', '"', '{}']`],
  ["numeric(10,2)[]", "'{1.10,NULL}'"],
  ["money", "'-$1,234.56'"],
  ["xml", "'<a b=\"c\">é</a>'"],
  ['"char"', "'x'"],
] as const;

test.each(SAME)("%s arrives exactly as it was", async (type, ...values) => {
  const table = `same_${SAME.findIndex(([name]) => name === type)}`;
  await source.query(`CREATE TABLE ${table} (n int, value ${type}, other ${type});
    INSERT INTO ${table} VALUES ${values.map((value, n) => `(${n}, ${value}, NULL)`).join(", ")}`);
  await loadTables([table]);
  const query = (name: string) =>
    `SELECT n, value::text AS value, value IS NULL AS missing, other, pg_typeof(value)::text AS type,
      (SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '${name}'::regclass AND attname = 'value') AS declared
     FROM ${name} ORDER BY n`;
  const written = await source.query(query(table));
  expect(written).toHaveLength(values.length);
  expect(written[0]?.declared).toBe(type);
  expect(await warehouse.query(query(`raw.${table}`))).toEqual(written);
});

test("types that only the source knows become text, domains the type below them", async () => {
  await source.query(`CREATE TABLE odd (n int GENERATED ALWAYS AS IDENTITY, m mood, ms mood[], pos point_of_sale, poss point_of_sale[], p price, sp sale_price NOT NULL,
      ps price[], c citext, r float_range, reg regclass, doubled int GENERATED ALWAYS AS (n2 * 2) STORED, n2 int, big bigserial);
    INSERT INTO odd (m, ms, pos, poss, p, sp, ps, c, r, reg, n2) VALUES
      ('so so', '{sad,NULL,so so}', '("Bad Nauheim",7)', ARRAY[ROW('a,b', 1)::point_of_sale], 1.5, 2.25, '{1,2.5}', 'MiXed', '[1.5,2.5)', 'odd', 21);`);
  await loadTables(["odd"]);
  expect(await warehouse.query("SELECT * FROM raw.odd")).toEqual([
    {
      n: "1",
      m: "so so",
      ms: '{sad,NULL,"so so"}',
      pos: '("Bad Nauheim",7)',
      poss: `{"(\\"a,b\\",1)"}`,
      p: "1.50",
      sp: "2.25",
      ps: "{1.00,2.50}",
      c: "MiXed",
      r: "[1.5,2.5)",
      reg: "odd",
      doubled: "42",
      n2: "21",
      big: "1",
    },
  ]);
  const types = await warehouse.query(
    "SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'raw.odd'::regclass AND attnum > 0 ORDER BY attnum",
  );
  expect(Object.fromEntries(types.map(({ name, type }) => [name, type]))).toEqual({
    n: "integer",
    m: "text",
    ms: "text[]",
    pos: "text",
    poss: "text[]",
    p: "numeric(6,2)",
    sp: "numeric(6,2)",
    ps: "text[]",
    c: "text",
    r: "text",
    reg: "text",
    doubled: "integer",
    n2: "integer",
    big: "bigint",
  });
});

test("views, materialized views and partitioned tables are read like tables", async () => {
  await source.query(`CREATE TABLE parts (id int, v text) PARTITION BY LIST (id); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
    INSERT INTO parts VALUES (1, 'a'); CREATE VIEW seen AS SELECT v FROM parts; CREATE MATERIALIZED VIEW kept AS SELECT id FROM parts`);
  await loadTables(["parts", "seen", "kept"]);
  expect(await warehouse.query("SELECT * FROM raw.parts, raw.seen, raw.kept k")).toEqual([{ id: "1", v: "a" }]);
});
