import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FilesLoad, type Lake, startLake } from "../../support/loads/load-files.ts";
import { parquetOf } from "../../support/loads/parquet-file.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";

let lake: Lake;
let runs = 0;

/** Loads `titles/` by three pods, one after the other, each in a process that knows nothing of the others. */
async function loadParts(more: FilesLoad = {}, pods = 3, order = [...Array(pods).keys()]) {
  runs += 1;
  const uid = more.uid ?? `fan-out-${runs}`;
  const outcomes: Awaited<ReturnType<Lake["load"]>>[] = [];
  for (const index of order) outcomes.push(await loadPart(index, { ...more, uid }, pods));
  return outcomes;
}

function loadPart(index: number, more: FilesLoad & { readonly uid: string }, pods = 3) {
  return lake.load({ files: { titles: "titles/" }, fanOut: { pods }, ...more, part: { index, of: pods } });
}

/** Tables that a load uses on its way and rows about its parts: none of them may be left. */
async function leftovers() {
  const tables = await lake.warehouse.query(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^_kelt_(share|staging|landing|part_)' ORDER BY 1",
  );
  const parts = await lake.warehouse.query("SELECT part, state FROM raw._kelt_parts ORDER BY part");
  return [...tables.map(({ relname }) => relname), ...parts.map(({ part, state }) => `${part} ${state}`)];
}

const csv = (from: number, to: number) =>
  `id,title\n${Array.from({ length: to - from }, (_, i) => `${from + i},title ${from + i}\n`).join("")}`;

describe.each(POSTGRES_VERSIONS)("Postgres %s", (version) => {
  beforeAll(async () => {
    lake = await startLake(version);
    for (let file = 0; file < 7; file += 1) {
      await lake.put(`titles/${file}.csv${file === 3 ? ".gz" : ""}`, csv(file * 100, file * 100 + 100));
    }
  });
  afterAll(() => lake[Symbol.asyncDispose]());
  beforeEach(() => lake.newWarehouse());

  test("three pods load seven files as one load, which the last one publishes", async () => {
    const outcomes = await loadParts();
    expect(outcomes.map(({ published }) => published?.rows)).toEqual([undefined, undefined, 700]);
    expect(outcomes.reduce((rows, outcome) => rows + (outcome.rows ?? 0), 0)).toBe(700);
    const bytes = outcomes.reduce((all, outcome) => all + (outcome.bytes ?? 0), 0);
    expect(outcomes[2]?.published?.bytes).toBe(bytes);
    expect(outcomes[0]?.message).toMatch(/^part 0 has landed \d+ rows; 2 of 3 parts are still missing$/);
    expect(await lake.warehouse.query("SELECT count(*), count(DISTINCT id) AS ids, sum(id) FROM raw.titles")).toEqual([
      { count: "700", ids: "700", sum: String((699 * 700) / 2) },
    ]);
    expect(await lake.types("raw.titles")).toEqual({ id: "bigint", title: "text" });
    const files = await lake.warehouse.query("SELECT uri FROM raw._kelt_files WHERE target = 'raw.titles'");
    expect(files).toHaveLength(7);
    expect(await lake.warehouse.query("SELECT rows, tables -> 0 ->> 'rows' AS of FROM raw._kelt_loads")).toEqual([
      { rows: "700", of: "700" },
    ]);
    expect(await leftovers()).toEqual([]);
  });

  test("a part that has landed, and a load that is committed, are not done again", async () => {
    const more = { uid: "again", files: { titles: "again/" } };
    for (const file of [0, 1, 2]) await lake.put(`again/${file}.csv`, csv(file * 100, file * 100 + 100));
    const first = await loadPart(1, more);
    expect(await loadPart(1, more)).toEqual(first);
    await loadPart(0, more);
    await loadPart(2, more);
    await lake.put("again/3.csv", csv(300, 400));
    for (const index of [0, 1, 2]) {
      const repeated = await loadPart(index, more);
      expect(repeated).toMatchObject({
        message: expect.stringContaining("loaded by attempt 1"),
        published: { rows: 300 },
      });
      expect(repeated.rows).toBeUndefined();
    }
    expect(await lake.warehouse.query("SELECT count(*) FROM raw.titles")).toEqual([{ count: "300" }]);
  });

  test("types are decided over the values of all parts, and columns are those of all files", async () => {
    await lake.put("mixed/0.csv", "id,year,code\n1,1999,7\n");
    await lake.put("mixed/1.csv", "id,year,score\n2,2000.5,\n");
    await lake.put("mixed/2.csv", "code,id,year\nx9,3,\n");
    const mixed = { files: { mixed: "mixed/" } };
    const union = { csv: { headers: "union" } } as const;
    await loadParts({ ...mixed, format: union });
    expect(await lake.types("raw.mixed")).toEqual({ id: "bigint", year: "numeric", code: "text", score: "text" });
    expect(await lake.warehouse.query("SELECT id, year, code, score FROM raw.mixed ORDER BY id")).toEqual([
      { id: "1", year: "1999", code: "7", score: null },
      { id: "2", year: "2000.5", code: null, score: null },
      { id: "3", year: null, code: "x9", score: null },
    ]);
    expect(await leftovers()).toEqual([]);
    // Without that, parts whose files have other columns are refused as the files of one part are.
    await expect(loadParts(mixed)).rejects.toMatchObject({ kind: "data", code: "OtherColumns" });
  });

  test("keys of JSON documents are those of all parts", async () => {
    await lake.put("events/0.jsonl", '{"id":1,"page":"Home","extra":{"a":1}}\n{"id":2}\n');
    await lake.put("events/1.jsonl", '{"id":3.5,"when":"2026-01-01"}\n');
    await lake.put("events/2.jsonl", '{"id":4,"when":"2026-01-02","length":1}\n');
    await loadParts({ files: { events: "events/" } });
    expect(await lake.types("raw.events")).toEqual({
      extra: "jsonb",
      id: "numeric",
      length: "bigint",
      page: "text",
      when: "date",
    });
    expect(await lake.warehouse.query("SELECT count(*), count(page) AS pages FROM raw.events")).toEqual([
      { count: "4", pages: "1" },
    ]);
    expect(await leftovers()).toEqual([]);
  });

  test("rejected rows of all parts count against one limit, with their files and lines", async () => {
    await lake.put("bad/0.csv", "id,title\n1,one\nx,two\n");
    await lake.put("bad/1.csv", "id,title\n3,three,too many\n4,four\n");
    await lake.put("bad/2.csv", "id,title\n5,five\ny,six\n");
    const more: FilesLoad = { files: { bad: "bad/" }, columns: { bad: { id: "bigint" } } };
    const outcomes = await loadParts({ ...more, rejects: { max: 3 } });
    expect(outcomes[2]).toMatchObject({ message: "1 table, 3 rows, 3 rejected", published: { rows: 3 } });
    expect(
      await lake.warehouse.query(
        "SELECT right(uri, 5) AS file, line, column_name, value FROM raw._kelt_rejects ORDER BY uri",
      ),
    ).toEqual([
      { file: "0.csv", line: "3", column_name: "id", value: "x" },
      { file: "1.csv", line: "2", column_name: null, value: "3,three,too many" },
      { file: "2.csv", line: "3", column_name: "id", value: "y" },
    ]);
    expect(await leftovers()).toEqual([]);
    await lake.warehouse.query("DELETE FROM raw._kelt_rejects");
    await expect(loadParts({ ...more, rejects: { max: 2 } })).rejects.toMatchObject({
      kind: "data",
      code: "TooManyRejects",
      message: expect.stringContaining("3 rows are rejected"),
    });
    // Nothing of the load that was refused is left, but that it was.
    expect(await leftovers()).toEqual(["0 dropped", "1 dropped", "2 dropped"]);
    expect(await lake.warehouse.query("SELECT count(*) FROM raw._kelt_rejects")).toEqual([{ count: "0" }]);
    expect(await lake.warehouse.query("SELECT count(*) FROM raw.bad")).toEqual([{ count: "3" }]);
  });
});

describe("on one version", () => {
  beforeAll(async () => {
    lake = await startLake();
    for (let file = 0; file < 5; file += 1) await lake.put(`titles/${file}.csv`, csv(file * 10, file * 10 + 10));
  });
  afterAll(() => lake[Symbol.asyncDispose]());
  beforeEach(() => lake.newWarehouse());

  test.each(["replace", "truncate", "append", "merge", "deleteInsert"] as const)("%s", async (mode) => {
    const isKeyed = mode === "merge" || mode === "deleteInsert";
    const more: FilesLoad = { mode, ...(isKeyed ? { key: ["id"] } : {}) };
    await loadParts(more);
    await lake.warehouse.query("UPDATE raw.titles SET title = 'old'; INSERT INTO raw.titles VALUES (1000, 'own')");
    await loadParts(more);
    const [found] = await lake.warehouse.query(
      "SELECT count(*), count(*) FILTER (WHERE title = 'old') AS old, count(*) FILTER (WHERE title = 'own') AS own FROM raw.titles",
    );
    const kept = { count: "51", old: "0", own: "1" };
    const expected = { append: { count: "101", old: "50", own: "1" }, merge: kept, deleteInsert: kept };
    expect(found).toEqual({
      ...{ count: "50", old: "0", own: "0" },
      ...(mode in expected ? expected[mode as "merge"] : {}),
    });
    expect(await leftovers()).toEqual([]);
  });

  test("types of Parquet columns hold the values of all parts", async () => {
    await lake.put("columns/0.parquet", await parquetOf("SELECT 1::INTEGER AS id, 'a' AS name"));
    await lake.put(
      "columns/1.parquet",
      await parquetOf("SELECT 9007199254740993::BIGINT AS id, DATE '2026-01-02' AS day"),
    );
    await lake.put("columns/2.parquet", await parquetOf("SELECT 3::INTEGER AS id, NULL::VARCHAR AS name"));
    const files = { files: { columns: "columns/" } };
    await loadParts({ ...files, format: { parquet: { schemas: "union" } } });
    expect(await lake.types("raw.columns")).toEqual({ id: "bigint", name: "text", day: "date" });
    expect(await lake.warehouse.query("SELECT id, name, day FROM raw.columns ORDER BY id")).toEqual([
      { id: "1", name: "a", day: null },
      { id: "3", name: null, day: null },
      { id: "9007199254740993", name: null, day: "2026-01-02" },
    ]);
    expect(await leftovers()).toEqual([]);
    await expect(loadParts(files)).rejects.toMatchObject({ kind: "data", code: "OtherColumns" });
  });

  test("several tables, fewer files than pods, and files without a row", async () => {
    await lake.put("few/empty.csv", "");
    await lake.put("few/one.csv", "id\n1\n");
    await loadParts({ files: { few: "few/", titles: "titles/" } }, 8);
    expect(
      await lake.warehouse.query("SELECT (SELECT count(*) FROM raw.few) AS few, count(*) FROM raw.titles"),
    ).toEqual([{ few: "1", count: "50" }]);
    await expect(loadParts({ files: { none: "few/empty.csv" } })).rejects.toMatchObject({ code: "NoHeader" });
    await expect(loadParts({ files: { none: "nothing/" } })).rejects.toMatchObject({ code: "NoFiles" });
  });

  test("the first pod fixes the list of files: what comes later is not loaded, what changes is refused", async () => {
    const fixed = { uid: "fixed", files: { fixed: "fixed/" } };
    for (const file of [0, 1, 2]) await lake.put(`fixed/${file}.csv`, csv(0, 10));
    await loadPart(0, fixed);
    await lake.put("fixed/3.csv", csv(0, 10));
    await loadPart(1, fixed);
    expect(await loadPart(2, fixed)).toMatchObject({ published: { rows: 30 } });

    const changed = { uid: "changed", files: { changed: "changed/" } };
    for (const file of [0, 1, 2]) await lake.put(`changed/${file}.csv`, csv(0, 10));
    await loadPart(0, changed);
    for (const file of [0, 1, 2]) await lake.put(`changed/${file}.csv`, csv(0, 11));
    await expect(loadPart(1, changed)).rejects.toMatchObject({ kind: "data", code: "FilesChanged" });
    // The part that had landed is dropped, and who comes later cannot take the load for one that has just begun.
    expect((await leftovers()).filter((left) => left?.startsWith("_kelt"))).toEqual([]);
    await expect(loadPart(0, changed)).rejects.toMatchObject({ kind: "data", code: "PartsDropped" });
  });

  test("of two loads that find the same new files, the second to publish is refused", async () => {
    const more: FilesLoad = { mode: "append", onlyNew: true };
    for (const index of [0, 1]) for (const uid of ["a", "b"]) await loadPart(index, { uid, ...more });
    await loadPart(2, { uid: "a", ...more });
    await expect(loadPart(2, { uid: "b", ...more })).rejects.toMatchObject({ kind: "data", code: "FilesTaken" });
    expect(await lake.warehouse.query("SELECT count(*) FROM raw.titles")).toEqual([{ count: "50" }]);
    // Nothing is new: every part has nothing to do, and the load is committed all the same.
    const outcomes = await loadParts(more);
    expect(outcomes.at(-1)).toMatchObject({ published: { rows: 0 } });
  });

  test("what an abandoned load has landed is dropped by the target's next load, and its pods are refused", async () => {
    await loadPart(0, { uid: "abandoned" });
    await loadPart(0, { uid: "young" });
    await lake.warehouse.query(
      "UPDATE raw._kelt_parts SET moved_at = moved_at - interval '25 hours' WHERE load_id LIKE 'abandoned/%'",
    );
    await lake.load({ files: { titles: "titles/0.csv" } });
    const states = await lake.warehouse.query(
      "SELECT DISTINCT split_part(load_id, '/', 1) AS run, state FROM raw._kelt_parts ORDER BY 1, 2",
    );
    expect(states).toEqual([
      { run: "abandoned", state: "dropped" },
      { run: "young", state: "landed" },
      { run: "young", state: "planned" },
    ]);
    expect(await lake.warehouse.query("SELECT count(*) FROM pg_class WHERE relname ~ '^_kelt_share.*_0$'")).toEqual([
      { count: "1" },
    ]);
    await expect(loadPart(1, { uid: "abandoned" })).rejects.toMatchObject({ code: "PartsDropped" });
    await loadPart(1, { uid: "young" });
    expect(await loadPart(2, { uid: "young" })).toMatchObject({ published: { rows: 50 } });
  });
});
