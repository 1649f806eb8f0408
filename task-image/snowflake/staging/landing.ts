import { DataError } from "../../errors.ts";
import type { ObjectGroup } from "../../objects/object-groups.ts";
import type { ObjectsToStage } from "../../objects/object-warehouse.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import { isRowCode } from "../error-code.ts";
import { codeOf } from "../failure.ts";
import { foldName, quoteText } from "../identifier.ts";
import type { SnowflakeSession } from "../session.ts";
import { copyStatement, FILES_MAX } from "./copy-statement.ts";

/** The one column that JSON documents land in. */
export const DOCUMENT = "_KELT_DOC";
/** Columns of a landing table that knows the places of its rows. */
export const PLACE = ["_KELT_FILE", "_KELT_ROW"] as const;

/** Where a load of one session keeps what only it sees: temporary tables, which are gone with the session. */
export interface Workspace {
  readonly session: SnowflakeSession;
  /** The stage of the bucket. */
  readonly stage: TableName;
  /** What URIs of its objects begin with: `s3://bucket/`. */
  readonly root: string;
  readonly loadId: string;
  /** A name that nothing else has. */
  name(schema: string, what: string): TableName;
}

/** Rows as they were in the objects: texts, or one document. */
export interface Landed {
  readonly table: TableName;
  /** Names of the cells, folded. JSON has the one of {@link DOCUMENT}. */
  readonly columns: readonly string[];
  readonly rows: number;
}

/** What COPY counted. */
interface Copied {
  readonly parsed: number;
  readonly loaded: number;
}

/** Brings the objects into a temporary table as they are. The server's own error is thrown when rows cannot be read. */
export async function land(workspace: Workspace, wanted: ObjectsToStage): Promise<Landed> {
  const columns = columnsOf(wanted);
  const table = await createLanding(workspace, wanted, columns);
  const copied = await copyGroups(workspace, wanted, { table, leavesOut: false });
  return { table, columns, rows: copied.loaded };
}

/** The same with the object and number of every row, for when something is wrong with one of them. Rows that cannot be read are left out. */
export async function landWithPlaces(workspace: Workspace, wanted: ObjectsToStage): Promise<Landed & Copied> {
  const columns = columnsOf(wanted);
  const [file, row] = PLACE.map(quoteIdentifier);
  const table = await createLanding(workspace, wanted, columns, `, ${file} VARCHAR, ${row} NUMBER(38,0)`);
  const copied = await copyGroups(workspace, wanted, { table, leavesOut: true, place: PLACE });
  return { table, columns, rows: copied.loaded, ...copied };
}

/**
 * Writes the rows that cannot be read into the table of rejects: their number of cells is wrong, or their quotes. Only a COPY that
 * transforms nothing counts cells, and only VALIDATE tells all that such a one left out. Answers a table of the rows that can be read.
 */
export async function findUnreadable(
  workspace: Workspace,
  wanted: ObjectsToStage,
  rejects: TableName,
): Promise<TableName> {
  const table = await createLanding(workspace, wanted, columnsOf(wanted));
  const { session, root, loadId } = workspace;
  await copyGroups(workspace, wanted, { table, leavesOut: true }, () =>
    session.query(
      `INSERT INTO ${quoteTable(rejects)} (LOAD_ID, TARGET, URI, LINE, ROW_NUMBER, COLUMN_NAME, VALUE, REASON, RECORD, REJECTED_AT)
       SELECT ${quoteText(loadId)}, ${quoteText(showTable(wanted.target))}, ${quoteText(root)} || "FILE", CAST("LINE" AS NUMBER(38,0)),
         CAST("ROW_NUMBER" AS NUMBER(38,0)), NULL, NULL, "ERROR", "REJECTED_RECORD", CURRENT_TIMESTAMP()
       FROM TABLE(VALIDATE(${quoteTable(table)}, JOB_ID => '_last'))`,
    ),
  );
  return table;
}

/**
 * Throws a DataError unless the rows that are left of what landed are rows that can be read: the two COPYs number rows each in its own
 * way, and were the numbers not the same ones, good rows would have been taken for bad ones.
 */
export async function refuseUnreadable(
  session: SnowflakeSession,
  { source, target, format }: ObjectsToStage,
  landed: Landed,
  readable: TableName,
): Promise<void> {
  if (format.kind !== "csv") return;
  const cells = landed.columns.map(quoteIdentifier).join(", ");
  const [row] = await session.query(
    `SELECT COUNT(*) AS "N" FROM (SELECT ${cells} FROM ${quoteTable(landed.table)} EXCEPT SELECT ${cells} FROM ${quoteTable(readable)}) AS x`,
  );
  if (Number(row?.N) === 0) return;
  throw new DataError(
    "UnreadableRows",
    `loading ${source} into ${showTable(target)}: rows of the files cannot be read, and Snowflake does not tell them apart from the others by number. Nothing has been published. Correct the files: without such rows they are loaded`,
  );
}

/** Whether rows of the objects are to blame for the error of a COPY. */
export function isRowFailure(error: unknown): boolean {
  return isRowCode(codeOf(error) ?? "");
}

function columnsOf({ groups, source, format }: ObjectsToStage): readonly string[] {
  if (format.kind !== "csv") return [DOCUMENT];
  return [...new Set(groups.flatMap((group) => foldHeader(group, source)))];
}

/** The header's names as columns. Throws a DataError when two of them differ in upper and lower case alone. */
function foldHeader({ columns = [], objects }: ObjectGroup, source: string): readonly string[] {
  const folded = columns.map(foldName);
  const at = folded.findIndex((name, index) => folded.indexOf(name) !== index);
  if (at < 0) return folded;
  const rival = columns[folded.indexOf(folded[at] ?? "")];
  throw new DataError(
    "BadHeader",
    `${objects[0]?.uri ?? source}, line 1, column ${at + 1}: expected names that differ in more than upper and lower case, found "${columns[at]}" and "${rival}". Rename one of them in the file`,
  );
}

async function createLanding(
  workspace: Workspace,
  { target, format }: ObjectsToStage,
  columns: readonly string[],
  more = "",
): Promise<TableName> {
  const table = workspace.name(target.schema, "LANDED");
  const type = format.kind === "csv" ? "VARCHAR" : "VARIANT";
  const list = columns.map((name) => `${quoteIdentifier(name)} ${type}`).join(", ");
  await workspace.session.query(`CREATE TEMPORARY TABLE ${quoteTable(table)} (${list}${more})`);
  return table;
}

interface Into {
  readonly table: TableName;
  readonly leavesOut: boolean;
  readonly place?: typeof PLACE;
}

async function copyGroups(
  { session, stage }: Workspace,
  wanted: ObjectsToStage,
  { table, ...how }: Into,
  after = async (): Promise<unknown> => undefined,
): Promise<Copied> {
  const total = { parsed: 0, loaded: 0 };
  for (const group of wanted.groups) {
    const columns = wanted.format.kind === "csv" ? foldHeader(group, wanted.source) : [DOCUMENT];
    for (let at = 0; at < group.objects.length; at += FILES_MAX) {
      const keys = group.objects.slice(at, at + FILES_MAX).map(({ name }) => name);
      const copy = { stage, into: table, format: wanted.format, keys, columns, ...how };
      const rows = await session.query(copyStatement(copy));
      // An object that COPY passes over has no line in its answer.
      const files = rows.filter((row) => row.file !== undefined);
      if (files.length !== keys.length) throw passedOver(wanted, keys.length, files.length);
      for (const row of files) {
        total.parsed += Number(row.rows_parsed);
        total.loaded += Number(row.rows_loaded);
      }
      await after();
    }
  }
  return total;
}

function passedOver({ source, target }: ObjectsToStage, expected: number, found: number): DataError {
  return new DataError(
    "FileCountMismatch",
    `loading ${source} into ${showTable(target)}: ${expected} objects were to be copied, Snowflake copied ${found}. Nothing has been published. Check that all of them can still be read`,
  );
}
