import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTablePair, type TablePair } from "../../support/loads/load-tables.ts";

let pair: TablePair;

beforeAll(async () => {
  pair = await startTablePair();
});
afterAll(() => pair[Symbol.asyncDispose]());
beforeEach(async () => {
  await pair.renew();
  await pair.source.query(
    "CREATE TABLE films (film_id int, title text); INSERT INTO films VALUES (1, 'new'), (2, 'new')",
  );
  await pair.warehouse.query(
    "CREATE SCHEMA raw; CREATE TABLE raw.films (film_id int, title text); INSERT INTO raw.films VALUES (1, 'old')",
  );
});

/** Other tables that point to the target: then it is emptied by DELETE. */
const waitingKeys = `ALTER TABLE raw.films ADD PRIMARY KEY (film_id);
  CREATE TABLE raw.rentals (film_id int CONSTRAINT rented REFERENCES raw.films DEFERRABLE); INSERT INTO raw.rentals VALUES (1);`;
const softDelete = `ALTER TABLE raw.films ADD COLUMN deleted_at timestamptz DEFAULT NULL;
  CREATE FUNCTION raw.soft_delete() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
  CREATE TRIGGER soft_delete BEFORE DELETE ON raw.films FOR EACH ROW EXECUTE FUNCTION raw.soft_delete();`;
const ignoringRule = "CREATE RULE no_deletes AS ON DELETE TO raw.films DO INSTEAD NOTHING;";

const deletes = [
  ["deleteInsert", { mode: "deleteInsert", key: ["film_id"] }, ""],
  ["replace", { mode: "replace" }, waitingKeys],
  ["truncate", { mode: "truncate" }, waitingKeys],
] as const;

describe.each(deletes)("rows that mode %s deletes", (_, parts, before) => {
  const load = () => pair.load({ ...parts, key: "key" in parts ? [...parts.key] : undefined });

  test("are gone", async () => {
    await pair.warehouse.query(before);
    await load();
    expect(await pair.rows()).toEqual([
      { film_id: "1", title: "new" },
      { film_id: "2", title: "new" },
    ]);
  });

  test.each([
    ["a trigger that keeps them", softDelete, "trigger soft_delete"],
    ["a rule that keeps them", ignoringRule, "rule no_deletes"],
  ])("%s is named, and nothing is published", async (_why, keeper, name) => {
    await pair.warehouse.query(before + keeper);
    await expect(load()).rejects.toMatchObject({
      kind: "configuration",
      code: "RowsLeft",
      message: expect.stringContaining(name),
    });
    expect(await pair.rows()).toMatchObject([{ film_id: "1", title: "old" }]);
  });
});

describe("row level security", () => {
  const hidden = `DROP ROLE IF EXISTS loader; CREATE ROLE loader LOGIN PASSWORD 'loader-password';
    GRANT USAGE, CREATE ON SCHEMA raw TO loader; GRANT SELECT, INSERT, UPDATE, DELETE ON raw.films TO loader;
    ALTER TABLE raw.films ENABLE ROW LEVEL SECURITY;
    CREATE POLICY nothing_old ON raw.films USING (title <> 'old');`;
  const warehouse = { user: "loader", password: "loader-password" };

  afterAll(async () => {
    await pair.warehouse.query("DROP OWNED BY loader; DROP ROLE loader");
  });
  beforeEach(async () => {
    await pair.warehouse.query(hidden);
    return () => pair.warehouse.query("DROP OWNED BY loader");
  });

  test.each([
    { mode: "merge", key: ["film_id"] },
    { mode: "deleteInsert", key: ["film_id"] },
    { mode: "deleteInsert", range: { column: "film_id", from: "1" } },
  ] as const)("that could hide rows from %o is refused", async ({ mode, ...found }) => {
    const key = "key" in found ? [...found.key] : undefined;
    await expect(pair.load({ mode, ...found, key, warehouse })).rejects.toMatchObject({
      kind: "configuration",
      code: "HiddenRows",
      message: expect.stringContaining("row level security (nothing_old)"),
    });
    expect(await pair.rows()).toEqual([{ film_id: "1", title: "old" }]);
  });

  test.each(["replace", "truncate"] as const)(
    "that could hide rows from a DELETE in mode %s is refused",
    async (mode) => {
      await expect(pair.load({ mode, warehouse })).rejects.toMatchObject({ code: "HiddenRows" });
    },
  );

  test("is no trouble for rows that are added, or for who does not obey it", async () => {
    await pair.load({ mode: "append", warehouse });
    expect(await pair.rows()).toHaveLength(3);
    await pair.load({ mode: "deleteInsert", key: ["film_id"] });
    expect(await pair.rows()).toHaveLength(2);
  });
});

describe("a target that deferrable keys point to", () => {
  beforeEach(() => pair.warehouse.query(waitingKeys));

  test("gets new columns and loses those that are gone", async () => {
    await pair.source.query("ALTER TABLE films DROP title, ADD year int NOT NULL DEFAULT 1999");
    await pair.load({ mode: "replace" });
    expect(await pair.rows()).toEqual([
      { film_id: "1", year: "1999" },
      { film_id: "2", year: "1999" },
    ]);
    await pair.source.query("ALTER TABLE films ADD price numeric");
    await pair.load({ mode: "truncate" });
    expect((await pair.rows())[0]).toEqual({ film_id: "1", year: "1999", price: null });
  });

  test("cannot have a column of another type, and says why", async () => {
    await pair.source.query("ALTER TABLE films ALTER title TYPE varchar(9)");
    await expect(pair.load()).rejects.toMatchObject({
      kind: "configuration",
      code: "ReferencedTable",
      message: expect.stringContaining(
        "column title of target raw.films is text here and character varying(9) at the source",
      ),
    });
  });
});

test("a deferred trigger of the target that waits for COMMIT is no reason to try again and again", async () => {
  await pair.warehouse.query(`CREATE ROLE filler LOGIN PASSWORD 'filler-password'; ALTER TABLE raw.films OWNER TO filler;
    GRANT USAGE, CREATE ON SCHEMA raw TO filler; REVOKE TRUNCATE ON raw.films FROM filler;
    CREATE FUNCTION raw.audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER audit AFTER DELETE ON raw.films DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION raw.audit()`);
  await pair.source.query("ALTER TABLE films ADD year int");
  const warehouse = { user: "filler", password: "filler-password" };
  await expect(pair.load({ warehouse })).rejects.toMatchObject({
    kind: "configuration",
    code: "TableInUse",
    message: expect.stringContaining("pending trigger events"),
  });
  await pair.warehouse.query("DROP OWNED BY filler; DROP ROLE filler");
});
