import { databaseFailure } from "../postgres/failure.ts";
import type { describeMissing } from "../postgres/required-columns.ts";
import type { Session } from "../postgres/session.ts";
import type { NamedCheck } from "./check.ts";
import type { CheckQuery } from "./check-query.ts";
import { quoteTableText } from "./table-text.ts";

/**
 * | state   | what is true                                                                  |
 * |---------|-------------------------------------------------------------------------------|
 * | passed  | no failing row                                                                |
 * | warned  | failing rows, and the check's severity is warn                                |
 * | failed  | failing rows, and the check's severity is error                               |
 * | errored | the check could not be carried out: a column is missing, the SQL is wrong, …  |
 */
export interface CheckResult {
  readonly name: string;
  readonly state: "passed" | "warned" | "failed" | "errored";
  /** Empty when the check passed. */
  readonly message: string;
  /** Number of failing rows. */
  readonly failures: number;
  /** A query that shows some of them. */
  readonly sample?: string;
}

const SAMPLE_ROWS = 10;
/** Half a query is no use: a longer one stands only in the log. */
const SAMPLE_SHOWN_MAX = 240;

/** Looks in the catalog of the server for what a check needs. */
export type Describe = typeof describeMissing;

/** Runs one check in a read-only transaction of its own. Throws only when the server cannot be reached any more. */
export async function runCheck(session: Session, check: NamedCheck, describe: Describe): Promise<CheckResult> {
  const { name, query } = check;
  if (query === undefined) return errored(name, check.problem);
  try {
    const missing = await missingColumns(session, query, describe);
    if (missing !== undefined) return errored(name, missing);
    const { failures, detail } = await countFailing(session, query);
    if (failures === 0) return { name, state: "passed", message: "", failures };
    const sample = query.sample ?? `${query.failing} LIMIT ${SAMPLE_ROWS}`;
    const see = sample.length > SAMPLE_SHOWN_MAX ? "the query to see them is in the log" : `see: ${sample}`;
    const found = detail ?? `${failures} failing ${failures === 1 ? "row" : "rows"}`;
    const state = check.severity === "warn" ? "warned" : "failed";
    return { name, state, message: `${found}, ${see}`, failures, sample };
  } catch (error) {
    const failure = databaseFailure(error, `check ${name}`);
    if (failure.kind === "transient") throw failure;
    return errored(name, failure.message);
  }
}

function errored(name: string, message: string): CheckResult {
  return { name, state: "errored", message, failures: 0 };
}

async function missingColumns(session: Session, query: CheckQuery, describe: Describe): Promise<string | undefined> {
  for (const { table, names } of query.columns) {
    const missing = await describe(session, table, quoteTableText(table), names);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

/** The newline keeps a comment in the user's last line from swallowing the parenthesis. */
async function countFailing(
  session: Session,
  { failing, detail = "NULL" }: CheckQuery,
): Promise<{ readonly failures: number; readonly detail: string | null }> {
  await session.query("BEGIN TRANSACTION READ ONLY");
  try {
    const { rows } = await session.query<{ failures: string; detail: string | null }>(
      `SELECT count(*) AS failures, (${detail})::text AS detail FROM (${failing}\n) AS failing`,
    );
    return { failures: Number(rows[0]?.failures), detail: rows[0]?.detail ?? null };
  } finally {
    // A session that is lost cannot roll back, and what lost it is the error that counts.
    await session.query("ROLLBACK").catch(() => undefined);
  }
}
