import { makeOnce } from "../../loading/own-tables.ts";
import { METRICS_TABLE } from "../../loading/state-tables.ts";
import { insertRows, ownName, ownTable, type WarehouseSession } from "../../loading/warehouse-session.ts";

/** Values of one metric that are kept: more than a check ever looks back at. */
const VALUES_MAX = 1000;

/** Whose numbers they are. */
export interface MetricKey {
  readonly namespace: string;
  readonly pipeline: string;
  readonly node: string;
  readonly schema: string;
  readonly table: string;
  readonly check: string;
  readonly metric: string;
}

/** The run that measures. */
export interface MeasuringRun {
  readonly uid: string;
  readonly name: string;
}

/** The numbers of one metric by run, in `_kelt_metrics` of the table's schema. */
export interface MetricHistory {
  /** Makes the table where it is missing, in a transaction of its own. */
  prepare(): Promise<void>;
  /** The numbers of earlier runs, the latest first, and never this run's own. */
  latest(window: number): Promise<readonly number[]>;
  /** Keeps this run's number, in place of one that an earlier attempt has kept, and lets go of the oldest. */
  keep(value: number): Promise<void>;
  /** A query that shows the latest numbers. */
  readonly sample: string;
}

const COLUMNS = {
  namespace: "namespace",
  pipeline: "pipeline",
  node: "node",
  schema: "schema_name",
  table: "table_name",
  check: "check_name",
  metric: "metric",
} as const satisfies Readonly<Record<keyof MetricKey, string>>;

/** `schema` is as the catalog holds it. */
export function metricHistory(
  session: WarehouseSession,
  schema: string,
  { key, run, literal }: { key: MetricKey; run: MeasuringRun; literal: (text: string) => string },
): MetricHistory {
  const { dialect } = session;
  const table = ownTable(dialect, schema, METRICS_TABLE);
  const own = (column: string) => ownName(dialect, column);
  const parts = Object.entries(COLUMNS) as [keyof MetricKey, string][];
  const values = parts.map(([part]) => key[part]);
  const isOurs = parts.map(([, column], index) => `${own(column)} = ${dialect.value(index + 1)}`).join(" AND ");
  const isOther = `${own("run_uid")} <> ${dialect.value(parts.length + 1)}`;
  const written = parts.map(([part, column]) => `${own(column)} = ${literal(key[part])}`).join(" AND ");
  const newest = `${own("measured_at")} DESC`;
  const isThere = async () =>
    (
      await session.select(
        `SELECT table_name FROM information_schema.tables WHERE table_schema = ${dialect.value(1)} AND table_name = ${dialect.value(2)}`,
        [schema, dialect.fold(METRICS_TABLE)],
      )
    ).length > 0;
  return {
    prepare: async () => {
      if (!(await isThere())) await makeOnce(() => session.write(createStatement(session, table)), isThere);
    },
    latest: async (window) => {
      const rows = await session.select(
        `SELECT ${own("value")} FROM ${table} WHERE ${isOurs} AND ${isOther} ORDER BY ${newest} LIMIT ${window}`,
        [...values, run.uid],
      );
      return rows.map(({ value }) => Number(value)).filter(Number.isFinite);
    },
    keep: async (value) => {
      const columns = [...parts.map(([, column]) => column), "run_uid", "run", "value", "measured_at"];
      const isThis = `${own("run_uid")} = ${dialect.value(parts.length + 1)}`;
      await session.write(`DELETE FROM ${table} WHERE ${isOurs} AND ${isThis}`, [...values, run.uid]);
      await insertRows(session, table, columns, [[...values, run.uid, run.name, String(value)]]);
      const [oldest] = await session.select(
        `SELECT CAST(${own("measured_at")} AS varchar(64)) AS ${own("moment")} FROM ${table} WHERE ${isOurs} ORDER BY ${newest} LIMIT 1 OFFSET ${VALUES_MAX - 1}`,
        values,
      );
      if (oldest === undefined) return;
      const moment = dialect.moment(dialect.value(parts.length + 1));
      await session.write(`DELETE FROM ${table} WHERE ${isOurs} AND ${own("measured_at")} < ${moment}`, [
        ...values,
        String(oldest.moment),
      ]);
    },
    sample: `SELECT ${own("measured_at")}, ${own("value")}, ${own("run")} FROM ${table} WHERE ${written} ORDER BY ${newest}`,
  };
}

function createStatement({ dialect }: WarehouseSession, table: string): string {
  const name = "varchar(256) NOT NULL";
  const columns = {
    ...Object.fromEntries(Object.values(COLUMNS).map((column) => [column, name])),
    run_uid: "varchar(64) NOT NULL",
    run: name,
    value: "double precision NOT NULL",
    measured_at: "timestamp NOT NULL",
  };
  const list = Object.entries(columns).map(([column, type]) => `${ownName(dialect, column)} ${type}`);
  return `CREATE TABLE IF NOT EXISTS ${table} (${list.join(", ")})`;
}
