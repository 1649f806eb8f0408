import { type DataError, TransientError } from "../../errors.ts";
import { showReject, tooManyRejects } from "../../loading/shown-reject.ts";
import type { Session } from "../../postgres/session.ts";
import type { SourceFile } from "../../sources/files/file-source.ts";
import { hidden } from "../../words/hidden-text.ts";
import { knownSentence, type Sentence } from "../../words/known-sentence.ts";

/** A row that COPY could not load, as Redshift's log tells of it. */
export interface LoadError {
  readonly uri: string;
  readonly line: number;
  /** Missing where the row as a whole is wrong. */
  readonly column?: string;
  readonly value?: string;
  readonly reason: string;
  /** The line's beginning. */
  readonly record?: string;
}

interface LogRow {
  readonly file: string;
  readonly line: string;
  readonly column: string | null;
  readonly value: string | null;
  readonly reason: string;
  readonly record: string | null;
}

const FILE_LENGTH_MAX = 256;

/*
 * Clusters log the row itself; workgroups without a cluster have only the second view, which lacks it. Texts in both are padded and cut:
 * the path at 256 characters. Sources: Database Developer Guide, STL_LOAD_ERRORS and SYS_LOAD_ERROR_DETAIL.
 */
const LOGS = [
  `SELECT TRIM(filename) AS file, line_number AS line, TRIM(colname) AS "column", TRIM(raw_field_value) AS value,
     TRIM(err_reason) AS reason, TRIM(raw_line) AS record
   FROM stl_load_errors WHERE tbl = $1 AND session = pg_backend_pid() ORDER BY 1, 2`,
  `SELECT TRIM(file_name) AS file, line_number AS line, TRIM(column_name) AS "column", CAST(NULL AS varchar) AS value,
     TRIM(error_message) AS reason, CAST(NULL AS varchar) AS record
   FROM sys_load_error_detail WHERE table_id = $1 AND session_id = pg_backend_pid() ORDER BY 1, 2`,
];

/** The rows that COPYs of this session could not load into a table, given by its oid. Not to be asked inside a transaction. */
export async function readLoadErrors(
  session: Session,
  table: string,
  objects: readonly SourceFile[],
): Promise<readonly LoadError[]> {
  for (const log of LOGS) {
    const rows = await session.query<LogRow>(log, [table]).then(
      (result) => result.rows,
      // A view that this kind of Redshift does not have, or does not show.
      () => [],
    );
    if (rows.length > 0) return rows.map((row) => describe(row, objects));
  }
  return [];
}

function describe({ file, line, column, value, reason, record }: LogRow, objects: readonly SourceFile[]): LoadError {
  return {
    uri: nameOf(file, objects),
    line: Number(line),
    ...(column === null || column === "" ? {} : { column }),
    ...(value === null ? {} : { value }),
    ...(record === null ? {} : { record }),
    reason,
  };
}

/** The whole name of an object, where the log has cut it and only one object's begins so. */
function nameOf(file: string, objects: readonly SourceFile[]): string {
  if (file.length < FILE_LENGTH_MAX) return file;
  const found = objects.filter(({ uri }) => uri.startsWith(file));
  return (found.length === 1 ? found[0]?.uri : undefined) ?? file;
}

/** Errors that a message names. */
const NAMED_MAX = 3;

/** What Redshift says of rows without quoting them. Source: Database Developer Guide, "Load error reference". */
const REASONS: readonly Sentence[] = [
  [/^(Invalid digit|Overflow), Value '.*', Pos (\d+), Type: ([A-Za-z0-9_ ]+)$/s, "$1, Pos $2, Type: $3"],
  /^(?:Char|Varchar|String) length exceeds DDL length/,
  /^(?:Delimiter not found|Delimited value missing end quote|Extra column\(s\) found|Missing newline|Invalid quote formatting for CSV)/,
  /^Invalid (?:date|time|timestamp) format(?: or value)?(?: \[[A-Z0-9:. -]+\])?/i,
  /^(?:Missing data for not-null field|Unknown boolean format|Invalid exponent|Invalid \w+ value)/,
  /^(?:String contains invalid or unsupported UTF8 codepoints|Multibyte character not supported for CHAR)/,
  /^(?:Not-null column value is null|Numeric data overflow|Value out of range|Line exceeds the maximum)/i,
];

function publicReason(reason: string): string | undefined {
  return knownSentence(REASONS, reason);
}

/** The failure that more bad rows than allowed mean. */
export function tooManyErrors(place: string, errors: readonly LoadError[], limit: string): DataError {
  const named = errors.slice(0, NAMED_MAX).map(({ uri, line, column, value, record, reason }) => {
    const at = `${uri}, line ${line}${column === undefined ? "" : `, column ${column}`}`;
    return showReject(at, { value: (column === undefined ? record : value) ?? "", reason }, publicReason);
  });
  const count = errors.length === 1 ? "1 row is" : `${errors.length} rows or more are`;
  return tooManyRejects(place, { count, limit, named });
}

/** The failure of a COPY whose log of errors does not (yet) say which rows. */
export function unnamedRejects(place: string, notice: string, found: number): TransientError {
  return new TransientError(
    "RejectsUnknown",
    `${place}: Redshift has left out rows${hidden(` ("${notice}")`)}, and its log of load errors names ${found} rows. Nothing has been published. The next attempt asks again; check that the user may read SYS_LOAD_ERROR_DETAIL`,
  );
}
