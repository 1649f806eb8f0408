import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import type { CopyStatement, FileOptions, Selected, Stage } from "./copy-statement.ts";
import { csvRecords } from "./csv-records.ts";
import { missingFailure, SnowflakeFailure } from "./failure.ts";
import { jsonValues } from "./json-values.ts";
import { quoteName, quoteText } from "./sql-text.ts";
import { type Integration, readStagedObject, type StagedObject } from "./staged-objects.ts";
import { type Path, quotePath, type Tables } from "./tables.ts";
import { type Rowset, textRowset, type UpstreamSession } from "./upstream.ts";

/** A row that COPY left out, with the columns of the table function VALIDATE. */
export interface CopyError {
  readonly ERROR: string;
  readonly FILE: string;
  readonly LINE: string;
  readonly CHARACTER: string;
  readonly CODE: string;
  readonly COLUMN_NAME: string | null;
  readonly ROW_NUMBER: string;
  readonly ROW_START_LINE: string;
  readonly REJECTED_RECORD: string;
}

/** What a COPY works with. */
export interface CopyScene {
  readonly upstream: UpstreamSession;
  readonly tables: Tables;
  readonly stages: ReadonlyMap<string, Stage>;
  readonly integrations: ReadonlyMap<string, Integration>;
}

interface ReadRow {
  readonly cells: readonly (string | null)[];
  readonly row: number;
  readonly line: number;
  readonly text: string;
  readonly failure?: { readonly code: string; readonly message: string };
}

type CopiedFile = Readonly<Record<(typeof RESULT)[number], string | null>>;

const RESULT = [
  "file",
  "status",
  "rows_parsed",
  "rows_loaded",
  "error_limit",
  "errors_seen",
  "first_error",
  "first_error_line",
  "first_error_character",
  "first_error_column_name",
] as const;
/** What stands for NULL on the way to fakesnow, which would take an empty cell for it even between quotes. */
const NULL_MARK = "\u0001null";

/** Loads staged files into a table of fakesnow. Answers COPY's result and the rows that it left out. */
export async function copyInto(
  copy: CopyStatement,
  path: Path,
  scene: CopyScene,
): Promise<{ readonly result: Rowset; readonly errors: readonly CopyError[] }> {
  const stage = scene.stages.get(copy.stage.join("."));
  if (stage === undefined) throw missingFailure("Stage", copy.stage.join("."));
  const integration = stage.integration === undefined ? undefined : scene.integrations.get(stage.integration);
  if (stage.integration !== undefined && integration === undefined)
    throw missingFailure("Integration", stage.integration);
  const width = await widthOf(copy, path, scene.upstream);
  const { loaded } = scene.tables.of(path);
  const results: CopiedFile[] = [];
  const errors: CopyError[] = [];
  const rows: (string | null)[][] = [];
  for (const file of copy.files) {
    const object = await readStagedObject(stage, file, integration);
    // Load metadata: a file of the same name and content is skipped unless FORCE says otherwise ("COPY INTO <table>", FORCE).
    if (loaded.get(object.uri) === object.etag && !copy.force) continue;
    const read = [...rowsOf(object, copy, width)];
    const bad = read.filter(({ failure }) => failure !== undefined).map((row) => errorOf(row, object, path));
    const [first] = bad;
    if (first !== undefined && copy.onError === "ABORT_STATEMENT") throw abortFailure(first);
    const good = read.filter(({ failure }) => failure === undefined);
    rows.push(...good.map((row) => valuesOf(row, copy.selected, object)));
    loaded.set(object.uri, object.etag);
    errors.push(...bad);
    results.push(resultOf(object, read.length, good.length, first));
  }
  await insert(scene.upstream, path, copy.columns, rows);
  if (results.length === 0)
    return { result: textRowset(["status"], [["Copy executed with 0 files processed."]]), errors };
  return {
    result: textRowset(
      RESULT,
      results.map((row) => RESULT.map((name) => row[name])),
    ),
    errors,
  };
}

async function widthOf({ columns }: CopyStatement, path: Path, upstream: UpstreamSession): Promise<number> {
  const { rows } = await upstream.run(`DESCRIBE TABLE ${quotePath(path)}`);
  return columns.length === 0 ? rows.length : columns.length;
}

function* rowsOf(object: StagedObject, { format, selected }: CopyStatement, width: number): Generator<ReadRow> {
  if (format.type === "JSON") yield* jsonRows(object, format);
  else {
    for (const record of csvRecords(object.text, format.csv)) {
      // "COPY INTO <table>", ERROR_ON_COLUMN_COUNT_MISMATCH: ignored where a query transforms the data.
      const isChecked = selected === undefined && format.mismatchIsError && record.failure === undefined;
      if (!isChecked || record.cells.length === width) yield record;
      else {
        const message = `Number of columns in file (${record.cells.length}) does not match that of the corresponding table (${width}), use file format option error_on_column_count_mismatch=false to ignore this error`;
        yield { ...record, failure: { code: "100080", message } };
      }
    }
  }
}

function* jsonRows(object: StagedObject, format: FileOptions & { readonly type: "JSON" }): Generator<ReadRow> {
  let row = 1;
  for (const { text, line, failure } of jsonValues(object.text, format.stripOuterArray)) {
    const failed = failure === undefined ? {} : { failure: { code: "100069", message: failure } };
    yield { cells: [text], row, line, text, ...failed };
    row += 1;
  }
}

function valuesOf(
  { cells, row }: ReadRow,
  selected: readonly Selected[] | undefined,
  { name }: StagedObject,
): (string | null)[] {
  if (selected === undefined) return [...cells];
  return selected.map((wanted) => {
    if ("cell" in wanted) return cells[wanted.cell - 1] ?? null;
    return wanted.metadata === "FILENAME" ? name : String(row);
  });
}

async function insert(
  upstream: UpstreamSession,
  path: Path,
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const file = join(temporaryDirectory("copy"), "rows.csv");
  const cell = (value: string | null) => `"${(value ?? NULL_MARK).replaceAll('"', '""')}"`;
  writeFileSync(file, `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`);
  const list = columns.length === 0 ? "" : ` (${columns.map(quoteName).join(", ")})`;
  const options = `HEADER=false, ALL_VARCHAR=true, QUOTE='"', ESCAPE='"', DELIM=',', NULLSTR=${quoteText(NULL_MARK)}, PARALLEL=false, MAX_LINE_SIZE=16777216`;
  await upstream.run(`INSERT INTO ${quotePath(path)}${list} SELECT * FROM READ_CSV(${quoteText(file)}, ${options})`);
}

function errorOf({ failure, row, line, text }: ReadRow, { name }: StagedObject, path: Path): CopyError {
  return {
    ERROR: failure?.message ?? "",
    FILE: name,
    LINE: String(line),
    CHARACTER: "1",
    CODE: failure?.code ?? "",
    COLUMN_NAME: failure?.code === "100080" ? `"${path[1]}"` : null,
    ROW_NUMBER: String(row),
    ROW_START_LINE: String(line),
    REJECTED_RECORD: text,
  };
}

function abortFailure({ CODE, ERROR, FILE, LINE, CHARACTER, ROW_NUMBER, ROW_START_LINE }: CopyError): SnowflakeFailure {
  const place = `File '${FILE}', line ${LINE}, character ${CHARACTER}\n  Row ${ROW_NUMBER} starts at line ${ROW_START_LINE}`;
  const advice =
    "If you would like to continue loading when an error is encountered, use other values such as 'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option.";
  return new SnowflakeFailure(CODE, "22000", `${ERROR}\n  ${place}\n  ${advice}`);
}

function resultOf({ name }: StagedObject, parsed: number, loaded: number, first: CopyError | undefined): CopiedFile {
  const status = first === undefined ? "LOADED" : loaded === 0 ? "LOAD_FAILED" : "PARTIALLY_LOADED";
  return {
    file: name,
    status,
    rows_parsed: String(parsed),
    rows_loaded: String(loaded),
    error_limit: String(parsed),
    errors_seen: String(parsed - loaded),
    first_error: first?.ERROR ?? null,
    first_error_line: first?.LINE ?? null,
    first_error_character: first?.CHARACTER ?? null,
    first_error_column_name: first?.COLUMN_NAME ?? null,
  };
}
