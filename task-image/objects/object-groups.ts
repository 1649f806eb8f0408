import { ConfigurationError, DataError } from "../errors.ts";
import { readCells } from "../formats/csv-dialect.ts";
import { columnsOfHeader, type Renaming } from "../formats/csv-header.ts";
import { otherText } from "../formats/csv-rows.ts";
import type { CsvFormat, FileFormat } from "../formats/file-format.ts";
import { SharedColumns } from "../formats/shared-columns.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import type { SourceFile } from "../sources/files/file-source.ts";
import { type ObjectHead, readObjectHead } from "./object-head.ts";

/** Heads that are read at the same time. */
const READERS = 8;

/** Objects that one COPY can read: packed in the same way, with the same columns in the same order. */
export interface ObjectGroup {
  readonly objects: readonly SourceFile[];
  readonly compression: ObjectHead["compression"];
  /** Names of the cells of a row, exactly as the header writes them; missing for formats that name their columns themselves. */
  readonly columns?: readonly string[];
}

/** What the rows of the objects are for. */
interface GroupedFor {
  readonly renaming: Renaming;
  readonly isMerge: boolean;
}

/**
 * Reads the first bytes of every object and puts together those that one COPY can read. Objects without a byte are left out. Throws a
 * TaskFailure for what no COPY could read as it is meant.
 */
export async function groupObjects(
  store: ObjectStore,
  objects: readonly SourceFile[],
  format: FileFormat,
  { renaming, isMerge }: GroupedFor = { renaming: new Map(), isMerge: false },
): Promise<readonly ObjectGroup[]> {
  refuseUnreadable(format, renaming);
  const heads = await readHeads(
    store,
    objects.filter(({ bytes }) => bytes > 0),
    format,
  );
  const shared = new SharedColumns(format, isMerge);
  const groups = new Map<string, { objects: SourceFile[]; group: Omit<ObjectGroup, "objects"> }>();
  for (const { object, head } of heads) {
    if (format.kind === "json") refuseArray(object, head);
    const columns = format.kind === "csv" ? columnsOf(object, head, format, renaming) : undefined;
    if (columns !== undefined) shared.add({ uri: object.uri, names: columns });
    const key = JSON.stringify([head.compression, columns]);
    const known = groups.get(key);
    if (known !== undefined) known.objects.push(object);
    else {
      const group = { compression: head.compression, ...(columns === undefined ? {} : { columns }) };
      groups.set(key, { objects: [object], group });
    }
  }
  return [...groups.values()].map(({ objects: members, group }) => ({ objects: members, ...group }));
}

async function readHeads(store: ObjectStore, objects: readonly SourceFile[], format: FileFormat) {
  const skipped = format.kind === "csv" ? format.skip.first : 0;
  const heads: { readonly object: SourceFile; readonly head: ObjectHead }[] = [];
  const waiting = objects.entries();
  const read = async () => {
    for (const [index, object] of waiting)
      heads[index] = { object, head: await readObjectHead(store, object, skipped) };
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return heads;
}

function refuseUnreadable(format: FileFormat, renaming: Renaming): void {
  const refuse = (field: string, expected: string) => {
    throw new ConfigurationError(
      "UnsupportedFormat",
      `load.from.format.${field}: this warehouse reads the objects itself, and expects ${expected}. Write the files so, or load them into Postgres`,
    );
  };
  if (format.kind === "json" && format.records !== undefined) refuse("json.records", "objects that follow each other");
  if (format.kind !== "csv") {
    if (renaming.size > 0) throw renamedKeys();
    return;
  }
  const { dialect, encoding, skip } = format;
  if (encoding !== "utf-8") refuse(`csv.encoding ${encoding}`, "UTF-8");
  if (dialect.escape !== dialect.quote) refuse(`csv.escape ${dialect.escape}`, "quotes in cells to be doubled");
  if (dialect.strayQuotes !== "reject") refuse("csv.strayQuotes keep", "quotes around whole cells");
  if (skip.last > 0) refuse("csv.skipLastLines", "rows up to the end of the file");
}

function renamedKeys(): ConfigurationError {
  return new ConfigurationError(
    "UnsupportedFormat",
    "load.rename: this warehouse reads the objects itself, and keys of JSON keep their names there. Name the columns as the keys are called, or load into Postgres",
  );
}

/** The columns of a CSV object, by its first line or by what the manifest says. */
function columnsOf(
  { uri }: SourceFile,
  { firstLine: line }: ObjectHead,
  { dialect, names, skip }: CsvFormat,
  renaming: Renaming,
): readonly string[] {
  const place = `${uri}, line ${skip.first + 1}`;
  if (/^"?sep=.?"?$/i.test(line)) throw separatorLine(place);
  const other = otherText(Buffer.from(line));
  if (other !== undefined) throw otherFormat(place, other);
  if (names !== "header" && names !== "numbered") return names;
  const isOpen = line.split(dialect.quote).length % 2 === 0;
  if (line === "" || isOpen || line.includes("\r")) {
    const cell = isOpen ? "a cell that goes on in the next line" : "line ends of CR alone";
    throw new DataError(
      "BadHeader",
      `${place}: expected a row in the first line, which tells the columns, found ${line === "" ? "an empty line" : cell}. Write the file again, or name its columns in load.from.format.csv.columns`,
    );
  }
  const cells = readCells(line, dialect);
  return columnsOfHeader(place, names === "header" ? cells : cells.map(() => ""), renaming);
}

function otherFormat(place: string, found: string): DataError {
  return new DataError(
    "BadHeader",
    `${place}: expected CSV, found ${found}. Write the file again, or set load.from.format to how it is written`,
  );
}

function separatorLine(place: string): DataError {
  return new DataError(
    "BadHeader",
    `${place}: expected a header or a row, found a line that says what stands between cells (sep=). Pass over it with load.from.format.csv.skipLines, and set load.from.format.csv.delimiter to its character`,
  );
}

function refuseArray(object: SourceFile, head: ObjectHead): void {
  if (!head.firstLine.trimStart().startsWith("[")) return;
  throw new DataError(
    "BadJson",
    `${object.uri}: expected JSON objects that follow each other, as the warehouse reads them, found an array. Write one object on each line, or load it into Postgres`,
  );
}
