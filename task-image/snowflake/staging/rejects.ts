import { passedLimit } from "../../loading/reject-limit.ts";
import { showReject, tooManyRejects } from "../../loading/shown-reject.ts";
import type { ObjectsToStage } from "../../objects/object-warehouse.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import { publicReason } from "../error-code.ts";
import { quoteText } from "../identifier.ts";
import type { SnowflakeSession } from "../session.ts";
import { REJECT_COLUMNS } from "../state-tables.ts";
import { DOCUMENT, PLACE, type Workspace } from "./landing.ts";
import { badValue, IS_NO_OBJECT, type TypedColumn } from "./typed-column.ts";

/** Rejected rows that a message names. */
const NAMED_MAX = 3;
const VALUE_LENGTH_MAX = 8192;

/** A table of rejected rows that only this session sees, until they are published. */
export async function createRejects({ session, name }: Workspace, target: TableName): Promise<TableName> {
  const table = name(target.schema, "REJECTED");
  await session.query(`CREATE TEMPORARY TABLE ${quoteTable(table)} (${REJECT_COLUMNS})`);
  return table;
}

interface Moving {
  readonly rejects: TableName;
  /** Without them, only the rows go that the rejects have already. */
  readonly columns?: readonly TypedColumn[];
}

/** Moves rows with bad values from a landing table with places to the rejects, one reject for each value. */
export async function moveRejects(
  workspace: Workspace,
  target: TableName,
  landing: TableName,
  { rejects, columns = [] }: Moving,
): Promise<void> {
  const { session, root, loadId } = workspace;
  const [file, row] = PLACE.map((name) => `r.${quoteIdentifier(name)}`);
  const reject = (column: string, value: string, reason: string, where: string) =>
    session.query(
      `INSERT INTO ${quoteTable(rejects)} (LOAD_ID, TARGET, URI, LINE, ROW_NUMBER, COLUMN_NAME, VALUE, REASON, RECORD, REJECTED_AT)
       SELECT ${quoteText(loadId)}, ${quoteText(showTable(target))}, ${quoteText(root)} || ${file}, NULL, ${row}, ${column},
         LEFT(${value}, ${VALUE_LENGTH_MAX}), ${quoteText(reason)}, ${recordOf(columns)}, CURRENT_TIMESTAMP()
       FROM ${quoteTable(landing)} AS r WHERE ${where}`,
    );
  for (const { name, text, type, cast } of columns) {
    if (cast.isValid === undefined) continue;
    await reject(quoteText(name), text, `expected ${type}`, badValue(text, cast.isValid));
  }
  if (columns.some(({ variant }) => variant !== undefined)) {
    await reject("NULL", `TO_JSON(r.${quoteIdentifier(DOCUMENT)})`, "expected a JSON object", IS_NO_OBJECT);
  }
  await session.query(
    `DELETE FROM ${quoteTable(landing)} USING (SELECT DISTINCT URI, ROW_NUMBER FROM ${quoteTable(rejects)}) AS x
     WHERE ${quoteText(root)} || ${quoteTable(landing)}.${quoteIdentifier(PLACE[0])} = x.URI
       AND ${quoteTable(landing)}.${quoteIdentifier(PLACE[1])} = x.ROW_NUMBER`,
  );
}

/** The whole row as JSON. */
function recordOf(columns: readonly TypedColumn[]): string {
  if (columns.some(({ variant }) => variant !== undefined)) return `TO_JSON(r.${quoteIdentifier(DOCUMENT)})`;
  const pairs = columns.map(({ name, text }) => `${quoteText(name)}, ${text}`);
  return `TO_JSON(OBJECT_CONSTRUCT(${pairs.join(", ")}))`;
}

/** Throws a DataError that names the limit that was passed and the first rejected rows; answers how many there are otherwise. */
export async function refuseTooManyRejects(
  session: SnowflakeSession,
  { target, rejects: limit }: ObjectsToStage,
  rejects: TableName,
  read: number,
): Promise<number> {
  const table = quoteTable(rejects);
  const [counted] = await session.query(
    `SELECT COUNT(*) AS "N" FROM (SELECT DISTINCT URI, ROW_NUMBER FROM ${table}) AS x`,
  );
  const rejected = Number(counted?.N);
  const passed = passedLimit(limit, { rejected, read });
  if (passed === undefined) return rejected;
  const rows = await session.query(
    `SELECT URI AS "URI", LINE AS "LINE", ROW_NUMBER AS "ROW_NUMBER", COLUMN_NAME AS "COLUMN_NAME", VALUE AS "VALUE", REASON AS "REASON"
     FROM ${table} ORDER BY URI, ROW_NUMBER, COLUMN_NAME LIMIT ${NAMED_MAX}`,
  );
  const named = rows.map(({ URI, LINE, ROW_NUMBER, COLUMN_NAME, VALUE, REASON }) => {
    const line = LINE === null ? "" : `line ${LINE}, `;
    const column = COLUMN_NAME === null ? "" : `, column ${COLUMN_NAME}`;
    const said = { value: VALUE ?? undefined, reason: REASON ?? "" };
    return showReject(`${URI}, ${line}row ${ROW_NUMBER}${column}`, said, publicReason);
  });
  const count = rejected === 1 ? "1 row is" : `${rejected} rows are`;
  throw tooManyRejects(`loading ${showTable(target)}`, { count, limit: passed, named });
}
