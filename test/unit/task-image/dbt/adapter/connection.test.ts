import { expect, test } from "vitest";
import { Connection } from "../../../../../task-image/dbt/adapter/connection.ts";

/** A session that knows whether a transaction is open, and refuses `bad`. */
function session() {
  const sent: string[] = [];
  let isInTransaction = false;
  const run = (text: unknown) => {
    const sql = String(text);
    sent.push(sql);
    if (sql === "bad") throw new Error("refused");
    if (sql === "BEGIN") isInTransaction = true;
    if (/commit|rollback/i.test(sql)) isInTransaction = false;
    return { rows: [], columns: [], tag: "", isInTransaction };
  };
  return { sent, connection: new Connection({ run, copy: () => ({ rows: [], columns: [], tag: "" }) } as never) };
}

test("a transaction begins with the first statement that wants one, and ends when a macro says so", () => {
  const { sent, connection } = session();
  connection.execute("vacuum", false);
  connection.execute("create", true);
  connection.execute("insert", true);
  connection.commit();
  connection.commit();
  expect(sent).toEqual(["vacuum", "BEGIN", "create", "insert", "COMMIT"]);
});

test("behind a hook that ends the transaction another one begins, and a failure undoes it", () => {
  const { sent, connection } = session();
  connection.execute("insert; commit;", true);
  connection.execute("create", false);
  expect(() => connection.execute("bad", true)).toThrow("refused");
  connection.rollback();
  expect(sent).toEqual(["BEGIN", "insert; commit;", "BEGIN", "create", "bad", "ROLLBACK"]);
});

test("a transaction that a hook has ended is committed once more, and nothing begins behind it", () => {
  const { sent, connection } = session();
  connection.execute("insert; commit;", true);
  connection.commit();
  connection.execute("vacuum", false);
  expect(sent).toEqual(["BEGIN", "insert; commit;", "COMMIT", "vacuum"]);
});
