import { parseTableName } from "../../sql/identifier.ts";
import type { Rule } from "../check.ts";
import type { CheckPlace } from "../check-run.ts";
import { judge, metricName, numberOf } from "../kinds/distribution.ts";
import { describeMissing } from "../required-columns.ts";
import { metricHistory } from "./metric-history.ts";

interface Comparison {
  /** 1 where the number is not like those before it. */
  readonly failures: number;
  readonly message: string;
  readonly sample: string;
}

/**
 * Measures a number, compares it with those of earlier runs and keeps it, in one transaction: a run that is killed has kept nothing, and
 * one that is tried again counts once. A text says why that cannot be done.
 */
export async function compareWithHistory(
  { warehouse, reading, writing, owner, run }: CheckPlace,
  check: string,
  { rows, distribution, measure }: Rule & { readonly by: "history" },
): Promise<Comparison | string> {
  const { dialect, literal } = warehouse;
  const names = distribution.column === undefined ? [] : [distribution.column];
  const missing = await describeMissing(warehouse, reading, [{ table: rows.table, names }]);
  if (missing !== undefined) return missing;
  const { schema, table } = parseTableName(rows.table, "");
  if (schema === "") return `${table} has no schema to keep the history in: name it as schema.table`;
  const session = await writing();
  const key = { ...owner, schema, table, check, metric: metricName(distribution) };
  const history = metricHistory(session, dialect.fold(schema), { key, run, literal });
  await history.prepare();
  await session.write("BEGIN");
  try {
    const [row] = await session.select(measure);
    const number = numberOf(row?.value);
    const { passes, message } = judge(number, await history.latest(distribution.window), distribution);
    if (number !== undefined) await history.keep(number);
    await session.write("COMMIT");
    return { failures: passes ? 0 : 1, message, sample: history.sample };
  } catch (error) {
    await session.write("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
