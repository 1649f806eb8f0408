import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../task-image/commands/command.ts";
import type { FilesLoad } from "../support/loads/load-files.ts";

/** A row by the names of its columns in small letters, every value as text. */
export type TextRow = Readonly<Record<string, string | null>>;

/** A warehouse, and a bucket whose files are loaded into its schema raw. */
export interface WarehouseUnderTest extends AsyncDisposable {
  /** Empties the warehouse for the next test. */
  empty(): Promise<void>;
  /** Writes a file. */
  put(name: string, content: string): Promise<void>;
  /** Loads as a run of its own, unless a uid is given. */
  load(parts: FilesLoad & { readonly files: Record<string, string> }): Promise<Outcome>;
  /** The rows of a table in schema raw, one of kelt's own among them; undefined where there is none of that name. */
  rows(table: string): Promise<readonly TextRow[] | undefined>;
  /** Makes a view in schema raw. */
  makeView(name: string): Promise<unknown>;
}

const FILES = { titles: "titles.csv" };
const FIRST = "id,title\n1,a\n2,b\n";
const SECOND = "title,id\nc,2\nd,3\n";

/**
 * What every warehouse does with a load, whatever it is: the steps of `task-image/loading/steps.ts` and the rules of that folder. How a
 * warehouse reads a format, finds types and survives faults is told by tests of its own.
 */
export function warehouseContract(kind: string, start: () => Promise<WarehouseUnderTest>): void {
  describe(`the contract of warehouses: ${kind}`, () => {
    let warehouse: WarehouseUnderTest;

    beforeAll(async () => {
      warehouse = await start();
    });
    afterAll(() => warehouse?.[Symbol.asyncDispose]());
    beforeEach(() => warehouse.empty());

    const rowsOf = async (table: string) => {
      const rows = await warehouse.rows(table);
      return rows?.map(({ id, title }) => [id, title].join(" ")).toSorted();
    };
    const loadIds = async () => (await warehouse.rows("_kelt_loads"))?.map((row) => row.load_id).toSorted();

    describe("a load is done once, in the way that its mode says", () => {
      it.each([
        ["replace", ["2 c", "3 d"]],
        ["truncate", ["2 c", "3 d"]],
        ["append", ["1 a", "2 b", "2 c", "3 d"]],
        ["merge", ["1 a", "2 c", "3 d"]],
        ["deleteInsert", ["1 a", "2 c", "3 d"]],
      ] as const)("%s", async (mode, expected) => {
        const key = mode === "merge" || mode === "deleteInsert" ? { key: ["id"] } : {};
        const load = { files: FILES, mode, ...key };
        await warehouse.put("titles.csv", FIRST);
        expect(await warehouse.load({ ...load, uid: "one" })).toMatchObject({ message: "1 table, 2 rows", rows: 2 });
        expect(await rowsOf("titles")).toEqual(["1 a", "2 b"]);
        await warehouse.put("titles.csv", SECOND);
        const again = await warehouse.load({ ...load, uid: "one", attempt: 2 });
        expect(again.message).toBe("1 table, 2 rows, loaded by attempt 1");
        expect(await rowsOf("titles")).toEqual(["1 a", "2 b"]);
        expect(await warehouse.load({ ...load, uid: "two" })).toMatchObject({ rows: 2 });
        expect(await rowsOf("titles")).toEqual(expected);
        expect(await loadIds()).toEqual(["one/raw", "two/raw"]);
      });

      it("of two pods of one load one publishes, and both answer what it came to", async () => {
        await warehouse.put("titles.csv", FIRST);
        await warehouse.load({ files: { others: "titles.csv" }, uid: "before" });
        const load = { files: FILES, mode: "append", uid: "twins" } as const;
        const outcomes = await Promise.all([warehouse.load(load), warehouse.load(load)]);
        expect(outcomes.map(({ rows }) => rows)).toEqual([2, 2]);
        expect(await rowsOf("titles")).toEqual(["1 a", "2 b"]);
        expect(await loadIds()).toEqual(["before/raw", "twins/raw"]);
      });

      it("tables are published together or not at all", async () => {
        await warehouse.put("titles.csv", FIRST);
        await warehouse.put("bad.csv", "id,title\nx,a\n");
        const load = { files: { ...FILES, worse: "bad.csv" }, columns: { worse: { id: "integer" } } };
        await expect(warehouse.load(load)).rejects.toMatchObject({ kind: "data", code: "TooManyRejects" });
        expect(await warehouse.rows("titles")).toBeUndefined();
        expect(await loadIds()).toEqual([]);
        const outcome = await warehouse.load({ ...load, rejects: { max: 1 }, uid: "both" });
        expect(outcome.message).toBe("2 tables, 2 rows, 1 rejected");
        const [record] = (await warehouse.rows("_kelt_loads")) ?? [];
        expect(record).toMatchObject({ load_id: "both/raw", pipeline: "films", node: "raw", attempt: "1", rows: "2" });
      });
    });

    describe("rows that replace others", () => {
      const keyed = { files: FILES, mode: "merge" as const, key: ["id"] };

      it("are refused where a key is NULL, or in several rows of a merge, and nothing is written", async () => {
        await warehouse.put("titles.csv", "id,title\n1,a\n1,b\n,c\n");
        await expect(warehouse.load(keyed)).rejects.toMatchObject({
          kind: "data",
          code: "UnusableKey",
          message: expect.stringMatching(
            /found a key in 2 rows, a key with NULL in 1 row\. Nothing has been published/,
          ),
        });
        const deleteInsert = warehouse.load({ ...keyed, mode: "deleteInsert" });
        await expect(deleteInsert).rejects.toThrow("expected keys without NULL, found a key with NULL in 1 row");
        expect(await warehouse.rows("titles")).toBeUndefined();
      });

      it("are refused where they, or the target's rows, have no such key", async () => {
        await warehouse.put("titles.csv", "title\na\n");
        await expect(warehouse.load(keyed)).rejects.toMatchObject({ code: "UnknownKey" });
        await warehouse.load({ files: FILES, mode: "append" });
        await warehouse.put("titles.csv", FIRST);
        await expect(warehouse.load(keyed)).rejects.toMatchObject({ kind: "configuration", code: "UnknownKey" });
        expect(await warehouse.rows("titles")).toEqual([{ title: "a" }]);
      });

      it("replace those in a range, and are refused outside of it", async () => {
        const range = { files: FILES, mode: "deleteInsert", range: { column: "id", from: "2", to: "5" } } as const;
        await warehouse.put("titles.csv", FIRST);
        await warehouse.load({ files: FILES, mode: "append" });
        await warehouse.put("titles.csv", "id,title\n4,d\n7,e\n");
        await expect(warehouse.load(range)).rejects.toMatchObject({
          kind: "data",
          code: "RowsOutsideRange",
          message: expect.stringContaining("found another value in 1 row"),
        });
        expect(await rowsOf("titles")).toEqual(["1 a", "2 b"]);
        await warehouse.put("titles.csv", "id,title\n4,d\n");
        await warehouse.load(range);
        expect(await rowsOf("titles")).toEqual(["1 a", "4 d"]);
        const other = { ...range, range: { column: "day", from: "2" } };
        await expect(warehouse.load(other)).rejects.toMatchObject({ code: "UnknownRange" });
      });
    });

    it("onlyNew loads what is new or has changed, and again what another load has taken away", async () => {
      const load = { files: { titles: "days/" }, mode: "append", onlyNew: true } as const;
      await warehouse.put("days/1.csv", "id,title\n1,a\n");
      expect(await warehouse.load(load)).toMatchObject({ rows: 1 });
      expect(await warehouse.load(load)).toMatchObject({ rows: 0 });
      await warehouse.put("days/2.csv", "id,title\n2,b\n");
      await warehouse.put("days/1.csv", "id,title\n1,z\n");
      expect(await warehouse.load(load)).toMatchObject({ rows: 2 });
      expect(await rowsOf("titles")).toEqual(["1 a", "1 z", "2 b"]);
      await warehouse.put("titles.csv", "id,title\n9,x\n");
      await warehouse.load({ files: FILES, mode: "truncate" });
      expect(await warehouse.load(load)).toMatchObject({ rows: 2 });
      expect(await rowsOf("titles")).toEqual(["1 z", "2 b", "9 x"]);
    });

    it("rows that cannot be loaded are kept with their load, place and reason, up to the limit", async () => {
      const load = { files: FILES, columns: { titles: { id: "integer" } } };
      await warehouse.put("titles.csv", "id,title\n1,a\nx,b\ny,c\n");
      await expect(warehouse.load({ ...load, rejects: { max: 1 } })).rejects.toMatchObject({
        kind: "data",
        code: "TooManyRejects",
        message: expect.stringMatching(/rejected and at most 1 may be \(load\.rejects\.max\)/),
      });
      expect(await warehouse.rows("titles")).toBeUndefined();
      const outcome = await warehouse.load({ ...load, rejects: { max: 2 }, uid: "kept" });
      expect(outcome.message).toBe("1 table, 1 rows, 2 rejected");
      expect(await rowsOf("titles")).toEqual(["1 a"]);
      const rejects = (await warehouse.rows("_kelt_rejects")) ?? [];
      expect(rejects.map(({ load_id, uri, column_name }) => [load_id, uri, column_name?.toLowerCase()])).toEqual([
        ["kept/raw", "s3://lake/titles.csv", "id"],
        ["kept/raw", "s3://lake/titles.csv", "id"],
      ]);
      expect(rejects.map(({ value }) => value).toSorted()).toEqual(["x", "y"]);
      expect(rejects.every(({ reason }) => (reason ?? "") !== "")).toBe(true);
    });

    it("a schema contract that freezes keeps tables and columns as they are", async () => {
      await warehouse.put("titles.csv", FIRST);
      const frozen = { kind: "data", code: "SchemaChanged" };
      const tables = { files: FILES, schemaContract: { tables: "freeze" } } as const;
      await expect(warehouse.load(tables)).rejects.toMatchObject(frozen);
      expect(await warehouse.rows("titles")).toBeUndefined();
      await warehouse.load({ files: FILES });
      await warehouse.put("titles.csv", "id,title,more\n3,c,x\n");
      const columns = { files: FILES, mode: "append", schemaChange: "freeze" } as const;
      await expect(warehouse.load(columns)).rejects.toMatchObject(frozen);
      expect(await rowsOf("titles")).toEqual(["1 a", "2 b"]);
      await warehouse.load({ files: FILES, mode: "append" });
      const evolved = (await warehouse.rows("titles"))?.map(({ id, more }) => [id, more]);
      expect(evolved?.toSorted()).toEqual([
        ["1", null],
        ["2", null],
        ["3", "x"],
      ]);
    });

    describe("targets that a load may not have", () => {
      beforeEach(() => warehouse.put("titles.csv", FIRST));

      it("kelt's own tables", async () => {
        const own = warehouse.load({ files: { _kelt_loads: "titles.csv" } });
        await expect(own).rejects.toMatchObject({ kind: "configuration", code: "TargetTaken" });
      });

      it("a view", async () => {
        await warehouse.load({ files: FILES });
        await warehouse.makeView("seen");
        const view = warehouse.load({ files: { seen: "titles.csv" } });
        await expect(view).rejects.toMatchObject({ kind: "configuration", code: "NotATable" });
      });

      it("a table whose name is longer than the warehouse keeps", async () => {
        const long = warehouse.load({ files: { ["t".repeat(300)]: "titles.csv" } });
        await expect(long).rejects.toMatchObject({ kind: "configuration", code: expect.stringMatching(/Name/) });
      });
    });

    it("files that are not there are said to be missing", async () => {
      const missing = warehouse.load({ files: { titles: "nowhere/" } });
      await expect(missing).rejects.toMatchObject({ kind: "data", code: "NoFiles" });
    });
  });
}
