import { describe, expect, test } from "vitest";
import type { WorkOf } from "../../../../task-image/commands/command.ts";
import { DataError } from "../../../../task-image/errors.ts";
import type { Load, StagedTarget } from "../../../../task-image/loading/load.ts";
import { type LoadedTable, type LoadRecord, recordOf } from "../../../../task-image/loading/load-record.ts";
import { carryOut } from "../../../../task-image/loading/steps.ts";
import { aContext, aTask } from "../../../support/tasks/task.ts";

const work: WorkOf<"load"> = {
  verb: "load",
  load: {
    from: { connection: "source", schema: "public", tables: ["a", "b"] },
    to: { connection: "warehouse", schema: "raw" },
    mode: "append",
  },
};
const SPEC = aTask({ work, connections: {}, attempt: 2 });
const OTHERS: LoadRecord = recordOf({ ...SPEC, attempt: 1 }, [written("a")]);

function written(table: string): LoadedTable {
  return { source: table, target: `raw.${table}`, rows: 2, bytes: 8, published: "appended" };
}

type Step = "stage" | "write" | "record" | "commit";

/** What a warehouse holds, and what a load of two tables has done to it. */
class Warehouse implements Load<StagedTarget> {
  readonly staging: Load<StagedTarget>["staging"];
  /** Tables of committed loads. */
  tables: readonly string[] = [];
  committed: LoadRecord | undefined;
  /** What the transaction holds; undefined where there is none. */
  open: { tables: string[]; record?: LoadRecord } | undefined;
  /** Whether rows were staged, and whether that was in a transaction. */
  staged: "never" | "in a transaction" | "outside of one" = "never";
  /** The step that fails. */
  failing: Step | undefined;
  /** Commits the same load when this one begins its transaction. */
  rival: LoadRecord | undefined;

  constructor(staging: Load<StagedTarget>["staging"]) {
    this.staging = staging;
  }

  findDone() {
    return Promise.resolve(this.committed);
  }

  begin() {
    this.open = { tables: [] };
    this.committed ??= this.rival;
    return Promise.resolve(this.committed);
  }

  stage() {
    return this.#step("stage", () => {
      this.staged = this.open === undefined ? "outside of one" : "in a transaction";
      return ["a", "b"].map((table) => ({ target: { schema: "raw", table } }));
    });
  }

  write({ target: { table } }: StagedTarget) {
    return this.#step(table === "b" ? "write" : undefined, () => {
      this.#transaction().tables.push(table);
      return written(table);
    });
  }

  record(tables: readonly LoadedTable[]) {
    return this.#step("record", () => {
      const record = recordOf(SPEC, tables);
      this.#transaction().record = record;
      return record;
    });
  }

  commit() {
    return this.#step("commit", () => {
      const { tables, record } = this.#transaction();
      this.tables = [...this.tables, ...tables];
      this.committed = record;
      this.open = undefined;
    });
  }

  rollBack() {
    this.open = undefined;
    return Promise.resolve();
  }

  #transaction() {
    if (this.open === undefined) throw new Error("there is no transaction");
    return this.open;
  }

  #step<T>(step: Step | undefined, work: () => T): Promise<T> {
    const isFailing = step !== undefined && step === this.failing;
    return isFailing
      ? Promise.reject(new DataError("RowCountMismatch", `${step} is broken`))
      : Promise.resolve().then(work);
  }

  [Symbol.asyncDispose]() {
    return Promise.resolve();
  }
}

describe.each(["inside", "before"] as const)("a load that stages %s its transaction", (staging) => {
  test("publishes all of its tables together with its record", async () => {
    const warehouse = new Warehouse(staging);
    expect(await carryOut(warehouse, SPEC, aContext())).toEqual({ message: "2 tables, 4 rows", rows: 4, bytes: 16 });
    expect(warehouse.tables).toEqual(["a", "b"]);
    expect(warehouse.committed?.tables).toEqual([written("a"), written("b")]);
    expect(warehouse.open).toBeUndefined();
    expect(warehouse.staged).toBe(staging === "inside" ? "in a transaction" : "outside of one");
  });

  test("is not done again where it has been committed", async () => {
    const warehouse = new Warehouse(staging);
    warehouse.committed = OTHERS;
    const outcome = await carryOut(warehouse, SPEC, aContext());
    expect(outcome).toEqual({ message: "1 table, 2 rows, loaded by attempt 1", rows: 2, bytes: 8 });
    expect(warehouse).toMatchObject({ tables: [], staged: "never", open: undefined });
  });

  test("leaves the warehouse to another pod of the load that was faster, and answers what that one did", async () => {
    const warehouse = new Warehouse(staging);
    warehouse.rival = OTHERS;
    const context = aContext();
    expect((await carryOut(warehouse, SPEC, context)).message).toBe("1 table, 2 rows, loaded by attempt 1");
    expect(warehouse).toMatchObject({ tables: [], committed: OTHERS, open: undefined });
    expect(context.lines.join("\n")).not.toContain("load committed");
  });

  test.each<Step>(["stage", "write", "record", "commit"])(
    "leaves nothing behind where it fails to %s",
    async (step) => {
      const warehouse = new Warehouse(staging);
      warehouse.failing = step;
      await expect(carryOut(warehouse, SPEC, aContext())).rejects.toThrow(`${step} is broken`);
      expect(warehouse).toMatchObject({ tables: [], committed: undefined, open: undefined });
      warehouse.failing = undefined;
      expect(await carryOut(warehouse, SPEC, aContext())).toMatchObject({ rows: 4 });
    },
  );
});
