import { Readable } from "node:stream";
import { needsRewriting } from "../../formats/csv-dialect.ts";
import type { CsvFormat } from "../../formats/file-format.ts";
import { QuoteWatch } from "../../formats/quote-watch.ts";
import { createStagingStatement, stagingTable } from "../publishing/publication.ts";
import { addColumns, copyDirectly, type DirectRows } from "./direct-copy.ts";
import { copyCsvStatement, csvFiles } from "./land-csv.ts";
import type { Landing } from "./landed-files.ts";
import { copyIn } from "./landing.ts";
import { mayLose } from "./text-fit.ts";

/** From this version on a line of `\.` is data in CSV; before, COPY ends there without a word. */
const VERSION_WITHOUT_END_MARKER = 180_000;
const END_MARKER = "\\.";

/**
 * Copies CSV files straight into a staging table whose types are all known beforehand: nothing of a row is looked at here. Answers
 * undefined, and leaves nothing behind, when a type is not known or the server refuses a row: then the files have to be landed.
 */
export async function stageTypedCsv(landing: Landing, format: CsvFormat): Promise<DirectRows | undefined> {
  if (landing.types.size === 0 || needsRewriting(format.dialect)) return undefined;
  const copied = await copyDirectly(landing, () => copyFiles(landing, format));
  return typeof copied === "string" ? undefined : copied;
}

/** Answers the number of rows, or undefined when it has met what only landing can tell right. */
async function copyFiles(landing: Landing, format: CsvFormat): Promise<number | undefined> {
  const { session, wanted, types } = landing;
  const { target } = wanted;
  const columns = new Set<string>();
  let rows = 0;
  for await (const { names, reader } of csvFiles(landing, format)) {
    if (!names.every((name) => isSafe(landing, name))) return undefined;
    const added = names.filter((name) => !columns.has(name));
    if (columns.size === 0) await session.query(createStagingStatement(target, staged(added, types)));
    else await addColumns(session, target, staged(added, types));
    for (const name of added) columns.add(name);
    const watched = { marker: false };
    const quotes = new QuoteWatch(format.dialect);
    const joints = reader.watchJoints();
    const pieces = Readable.from(watchMarker(reader.rest(quotes, joints), watched), {
      objectMode: false,
      highWaterMark: 1024 * 1024,
    });
    rows += await copyIn(session, copyCsvStatement(stagingTable(target), names, format.dialect), pieces);
    if (quotes.found || joints.found || (watched.marker && session.serverVersion < VERSION_WITHOUT_END_MARKER))
      return undefined;
  }
  return columns.size === 0 ? undefined : rows;
}

/** Whether the column has a known type, and its values are refused by it or are what they are: that of a target may take only a part. */
function isSafe({ types, declared }: Landing, name: string): boolean {
  const type = types.get(name);
  return type !== undefined && (declared.has(name) || !mayLose(type));
}

function staged(names: readonly string[], types: ReadonlyMap<string, string>) {
  return names.map((name) => ({ name, type: types.get(name) ?? "text", notNull: false }));
}

/** Notes whether the marker stands anywhere in the bytes, also across two pieces. */
async function* watchMarker(pieces: AsyncIterable<Buffer>, watched: { marker: boolean }): AsyncGenerator<Buffer> {
  let last: number | undefined;
  for await (const piece of pieces) {
    watched.marker ||= piece.includes(END_MARKER) || (last === END_MARKER.charCodeAt(0) && piece[0] === 0x2e);
    last = piece.at(-1);
    yield piece;
  }
}
