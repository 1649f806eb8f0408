import { ConfigurationError, DataError } from "../errors.ts";
import { readCells } from "../formats/csv-dialect.ts";
import { columnsOfHeader } from "../formats/csv-header.ts";
import type { CsvFormat, FileFormat } from "../formats/file-format.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import type { SourceFile } from "../sources/file-source.ts";
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

/**
 * Reads the first bytes of every object and puts together those that one COPY can read. Objects without a byte are left out. Throws a
 * TaskFailure for what no COPY could read as it is meant.
 */
export async function groupObjects(
  store: ObjectStore,
  objects: readonly SourceFile[],
  format: FileFormat,
): Promise<readonly ObjectGroup[]> {
  refuseUnreadable(format);
  const heads = await readHeads(
    store,
    objects.filter(({ bytes }) => bytes > 0),
  );
  const groups = new Map<string, { objects: SourceFile[]; group: Omit<ObjectGroup, "objects"> }>();
  for (const { object, head } of heads) {
    const columns = format.kind === "csv" ? columnsOf(object, head, format) : undefined;
    if (format.kind === "json") refuseArray(object, head);
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

async function readHeads(store: ObjectStore, objects: readonly SourceFile[]) {
  const heads: { readonly object: SourceFile; readonly head: ObjectHead }[] = [];
  const waiting = objects.entries();
  const read = async () => {
    for (const [index, object] of waiting) heads[index] = { object, head: await readObjectHead(store, object) };
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return heads;
}

function refuseUnreadable(format: FileFormat): void {
  const refuse = (field: string, expected: string) => {
    throw new ConfigurationError(
      "UnsupportedFormat",
      `load.from.format.${field}: this warehouse reads the objects itself, and expects ${expected}. Write the files so, or load them into Postgres`,
    );
  };
  if (format.kind === "json" && format.records !== undefined) refuse("json.records", "objects that follow each other");
  if (format.kind !== "csv") return;
  const { dialect, encoding } = format;
  if (encoding !== "utf-8") refuse(`csv.encoding ${encoding}`, "UTF-8");
  if (dialect.escape !== dialect.quote) refuse(`csv.escape ${dialect.escape}`, "quotes in cells to be doubled");
}

/** The columns of a CSV object, by its first line or by what the manifest says. */
function columnsOf(
  { uri }: SourceFile,
  { firstLine: line }: ObjectHead,
  { dialect, names }: CsvFormat,
): readonly string[] {
  if (names !== "header" && names !== "numbered") return names;
  const isOpen = line.split(dialect.quote).length % 2 === 0;
  if (line === "" || isOpen || line.includes("\r")) {
    const cell = isOpen ? "a cell that goes on in the next line" : "line ends of CR alone";
    throw new DataError(
      "BadHeader",
      `${uri}, line 1: expected a row in the first line, which tells the columns, found ${line === "" ? "an empty line" : cell}. Write the file again, or name its columns in load.from.format.csv.columns`,
    );
  }
  const cells = readCells(line, dialect);
  return columnsOfHeader(uri, names === "header" ? cells : cells.map(() => ""));
}

function refuseArray(object: SourceFile, head: ObjectHead): void {
  if (!head.firstLine.trimStart().startsWith("[")) return;
  throw new DataError(
    "UnsupportedFormat",
    `${object.uri}: expected JSON objects that follow each other, as the warehouse reads them, found an array. Write one object on each line, or load it into Postgres`,
  );
}
