import type { WarehouseSession } from "../loading/warehouse-session.ts";
import type { NamedCheck, Rule } from "./check.ts";
import type { CheckQuery } from "./check-query.ts";
import type { CheckWarehouse } from "./check-warehouse.ts";
import { compareWithHistory } from "./history/compare.ts";
import type { MeasuringRun } from "./history/metric-history.ts";
import { type FailuresOwner, keepFailures, TableTaken } from "./kept-failures.ts";
import { wrongColumns } from "./kinds/table-columns.ts";
import { describeMissing } from "./required-columns.ts";
import { type CheckState, conditionWords, verdictOf } from "./verdict.ts";

export interface CheckResult {
  readonly name: string;
  readonly state: CheckState;
  /** Empty where there is nothing to say. */
  readonly message: string;
  /** Number of failing rows. */
  readonly failures: number;
  /** A query that shows some of them. */
  readonly sample?: string;
}

/** Where checks run, and for whom. */
export interface CheckPlace {
  readonly warehouse: CheckWarehouse;
  /** No transaction of it writes. */
  readonly reading: WarehouseSession;
  /** A session for what checks keep, opened when it is first wanted. */
  readonly writing: () => Promise<WarehouseSession>;
  /** Schema of tables of failing rows. */
  readonly failuresSchema?: string | undefined;
  readonly owner: FailuresOwner;
  readonly run: MeasuringRun;
}

/** What a check has found. */
interface Finding {
  readonly failures: number;
  readonly message: string;
  readonly sample: string;
}

const SAMPLE_ROWS = 10;
/** Half a query is no use: a longer one stands only in the log. */
const SAMPLE_SHOWN_MAX = 480;

/** Runs one check in a transaction of its own. Throws only when the server cannot be reached any more. */
export async function runCheck(place: CheckPlace, check: NamedCheck): Promise<CheckResult> {
  const { name, rule, said } = check;
  if (rule === undefined) return errored(name, check.problem);
  try {
    const found = await findingOf(place, check, rule);
    if (typeof found === "string") return errored(name, found);
    const { failures, message, sample } = found;
    const state = verdictOf(said, failures);
    if (state === "passed") return { name, state, message: rule.by === "history" ? message : "", failures };
    const see = sample.length > SAMPLE_SHOWN_MAX ? "the query to see them is in the log" : `see: ${sample}`;
    return { name, state, message: `${message}${conditionWords(said, state)}, ${see}`, failures, sample };
  } catch (error) {
    if (error instanceof TableTaken) return errored(name, error.message);
    const failure = place.warehouse.failureOf(error, `check ${name}`);
    if (failure.kind === "transient") throw failure;
    return errored(name, failure.message);
  }
}

function errored(name: string, message: string): CheckResult {
  return { name, state: "errored", message, failures: 0 };
}

/** What was found, or why it cannot be found out. */
function findingOf(place: CheckPlace, check: NamedCheck, rule: Rule): Promise<Finding | string> {
  if (rule.by === "rows") return findRows(place, check, rule);
  if (rule.by === "columns") return findColumns(place, rule);
  return compareWithHistory(place, check.name, rule);
}

async function findRows(
  place: CheckPlace,
  { name, said }: NamedCheck,
  { query, failCalc = "count(*)" }: Rule & { by: "rows" },
): Promise<Finding | string> {
  const { warehouse, reading, failuresSchema: schema, owner } = place;
  const missing = await describeMissing(warehouse, reading, query.columns);
  if (missing !== undefined) return missing;
  const failing = limited(query.failing, said.limit);
  const isKept = schema !== undefined && said.storeFailures !== false;
  const kept = isKept
    ? await keepFailures(warehouse, await place.writing(), { schema, check: name, owner, select: failing })
    : undefined;
  const from = kept === undefined ? `(${failing}\n) AS failing` : kept;
  const { detail = "NULL" } = query;
  const row = await readOne(place, `SELECT (${failCalc}\n) AS failures, (${detail})::text AS detail FROM ${from}`);
  const failures = Number(row.failures ?? 0);
  if (!Number.isSafeInteger(failures) || failures < 0) {
    return `failCalc answers no whole number from 0: expected one such as count(*) or sum(occurrences)`;
  }
  const sample = kept === undefined ? sampleOf(query, said.limit) : `SELECT * FROM ${kept} LIMIT ${SAMPLE_ROWS}`;
  return { failures, message: failures === 0 ? "no failing row" : wordsOf(query, failures, row.detail), sample };
}

/** The newline keeps a comment in the user's last line from swallowing the parenthesis. */
function limited(failing: string, limit: number | undefined): string {
  return limit === undefined ? failing : `SELECT * FROM (${failing}\n) AS failing LIMIT ${limit}`;
}

function sampleOf({ sample, failing }: CheckQuery, limit = SAMPLE_ROWS): string {
  return sample ?? `${failing} LIMIT ${Math.min(limit, SAMPLE_ROWS)}`;
}

function wordsOf({ detail, say = String }: CheckQuery, failures: number, found: unknown): string {
  if (detail === undefined) return `${failures} failing ${failures === 1 ? "row" : "rows"}`;
  return say(found === null || found === undefined ? null : String(found));
}

async function findColumns(
  { warehouse, reading }: CheckPlace,
  { table, columns }: Rule & { by: "columns" },
): Promise<Finding | string> {
  const missing = await describeMissing(warehouse, reading, [{ table, names: [] }]);
  if (missing !== undefined) return missing;
  const found = await warehouse.describe(reading, table);
  if (found.is !== "found") return `the catalog does not have the columns of ${table}: name a table as schema.table`;
  const wrong = wrongColumns(warehouse, columns, found.columns);
  return { failures: wrong.length, message: wrong.join("; "), sample: warehouse.listColumns(table) };
}

async function readOne({ warehouse, reading }: CheckPlace, sql: string) {
  await reading.write(warehouse.beginReading);
  try {
    const [row = {}] = await reading.select(sql);
    return row;
  } finally {
    // A session that is lost cannot roll back, and what lost it is the error that counts.
    await reading.write("ROLLBACK").catch(() => undefined);
  }
}
