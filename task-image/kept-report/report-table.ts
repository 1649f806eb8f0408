import { makeOnce } from "../loading/own-tables.ts";
import { REPORTS_TABLE } from "../loading/state-tables.ts";
import { insertRows, ownName, ownTable, type WarehouseSession } from "../loading/warehouse-session.ts";
import { KEPT_LENGTH_MAX } from "./kept-report.ts";
import type { Keeper, ReportPlace } from "./report-place.ts";

const KEY = ["run_uid", "node", "attempt", "part"] as const;

/** A table of kelt's own in a schema: one row for each run, node, attempt and part. `schema` is as the catalog holds it. */
export function reportTable(
  session: WarehouseSession,
  schema: string,
  { runUid, run, pipeline, node, attempt, part }: Keeper,
): Omit<ReportPlace, keyof AsyncDisposable> {
  const { dialect } = session;
  const table = ownTable(dialect, schema, REPORTS_TABLE);
  const own = (column: string) => ownName(dialect, column);
  const equal = (columns: readonly string[]) =>
    columns.map((column, index) => `${own(column)} = ${dialect.value(index + 1)}`).join(" AND ");
  const isThere = async () =>
    (
      await session.select(
        `SELECT table_name FROM information_schema.tables WHERE table_schema = ${dialect.value(1)} AND table_name = ${dialect.value(2)}`,
        [schema, dialect.fold(REPORTS_TABLE)],
      )
    ).length > 0;
  return {
    name: `${schema}.${REPORTS_TABLE}`,
    bytesMax: dialect.textBytesMax,
    latest: async () => {
      if (!(await isThere())) return undefined;
      const report = own("report");
      const [row] = await session.select(
        `SELECT ${report} FROM ${table} WHERE ${equal(["run_uid", "node", "part"])} AND ${own("attempt")} <= ${attempt}
         AND LENGTH(${report}) <= ${KEPT_LENGTH_MAX} ORDER BY ${own("attempt")} DESC LIMIT 1`,
        [runUid, node, String(part)],
      );
      return row === undefined ? undefined : String(row.report);
    },
    write: async (text) => {
      if (!(await isThere())) await makeOnce(() => session.write(createStatement(session, table)), isThere);
      await session.write("BEGIN");
      await session.write(`DELETE FROM ${table} WHERE ${equal(KEY)}`, [runUid, node, String(attempt), String(part)]);
      const columns = [...KEY, "run", "pipeline", "report", "written_at"];
      await insertRows(session, table, columns, [[runUid, node, attempt, part, run, pipeline, text]]);
      await session.write("COMMIT");
    },
  };
}

function createStatement({ dialect }: WarehouseSession, table: string): string {
  const long = dialect.textBytesMax === undefined ? "text" : `varchar(${dialect.textBytesMax})`;
  const columns = {
    run_uid: "varchar(64) NOT NULL",
    node: "varchar(256) NOT NULL",
    attempt: "integer NOT NULL",
    part: "integer NOT NULL",
    run: "varchar(256) NOT NULL",
    pipeline: "varchar(256) NOT NULL",
    report: `${long} NOT NULL`,
    written_at: "timestamp NOT NULL",
  };
  const list = Object.entries(columns).map(([name, type]) => `${ownName(dialect, name)} ${type}`);
  return `CREATE TABLE IF NOT EXISTS ${table} (${list.join(", ")})`;
}
