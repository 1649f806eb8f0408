import { PassThrough } from "node:stream";
import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { readHttpSettings } from "../../connections/http-settings.ts";
import { namedConnection } from "../../connections/named-connection.ts";
import { DataError } from "../../errors.ts";
import { decodedBytes } from "../../formats/decoded-bytes.ts";
import { encodingOf, fileFormat } from "../../formats/file-format.ts";
import { type HttpClient, openHttpClient } from "../../http/client.ts";
import { refuseTakenTargets } from "../../loading/targets.ts";
import { compareCursors, cursorKind, LargestValue } from "../../sources/http/http-cursor.ts";
import { type HttpSource, isPaged, readHttp } from "../../sources/http/http-records.ts";
import { showTable, type TableName } from "../../sql/identifier.ts";
import { databaseFailure } from "../failure.ts";
import type { FilesToStage } from "../landing/landed-files.ts";
import { stageFiles } from "../landing/stage-files.ts";
import {
  type CursorKey,
  readCursor,
  refuseOtherColumn,
  type StoredCursor,
  writeCursor,
} from "../publishing/cursor-record.ts";
import { keepLastRows } from "../publishing/last-rows.ts";
import type { StagedTable } from "../publishing/staged-table.ts";
import { readTarget } from "../publishing/target.ts";
import type { Session } from "../session.ts";
import type { LoadSource } from "./load-source.ts";

/** The records of an HTTP API, read while they are loaded. */
export function httpToLoad(spec: SpecOf<"load">, source: HttpSource, context: CommandContext): LoadSource {
  const { from, to } = spec.work.load;
  const target = { schema: to.schema, table: to.table ?? "" };
  refuseTakenTargets("load.to.table", [{ source: from.connection, target }]);
  context.progress.items("table", [showTable(target)]);
  const stage = async (destination: Session) => {
    const settings = await readHttpSettings(
      from.connection,
      namedConnection(spec, from.connection, "http"),
      context.redactor,
    );
    await using client = await openHttpClient(settings, context);
    const increment = source.incremental === undefined ? undefined : new HttpIncrement(spec, source, target);
    const asked = increment === undefined ? source : await increment.begin(destination);
    const answer = answerToStage({ client, source: asked, target, increment }, spec, context);
    const staged = await stageFiles(destination, spec, answer).catch((error: unknown) => {
      throw databaseFailure(error, `loading ${answer.source} into ${showTable(target)}`);
    });
    await refuseOtherRecords(destination, staged);
    await increment?.end(destination, staged.rows + (staged.discarded?.rows ?? 0));
    return [source.overlap === "last" ? await withoutDuplicates(destination, spec, staged) : staged];
  };
  return { targets: [target], stage };
}

/** Throws a DataError for an answer that shares no column with its target: a sentence in place of CSV, an error in place of records. */
async function refuseOtherRecords(session: Session, { source, target, columns }: StagedTable): Promise<void> {
  const existing = await readTarget(session, target);
  if (existing === undefined) return;
  const names = new Set(existing.columns.map(({ name }) => name));
  if (columns.some(({ name }) => names.has(name))) return;
  throw new DataError(
    "OtherRecords",
    `loading ${source} into ${showTable(target)}: expected records with at least one column of the target, found none. Nothing has been published. Ask the API what it answers; where all fields have other names now, drop the table`,
  );
}

/** The staged rows without those whose key came again later. */
async function withoutDuplicates(session: Session, spec: SpecOf<"load">, staged: StagedTable): Promise<StagedTable> {
  const { key = [] } = spec.work.load;
  const duplicates = await keepLastRows(session, staged, key).catch((error: unknown) => {
    throw databaseFailure(error, `keeping the last row of each key for ${showTable(staged.target)}`);
  });
  return duplicates === 0 ? staged : { ...staged, rows: staged.rows - duplicates, duplicates };
}

interface Asked {
  readonly client: HttpClient;
  readonly source: HttpSource;
  readonly target: TableName;
  readonly increment: HttpIncrement | undefined;
}

/** The answer as the one file of a table. It is asked for again when the rows have to be read a second time. */
function answerToStage(
  { client, source, target, increment }: Asked,
  spec: SpecOf<"load">,
  { progress, workDirectory }: CommandContext,
): FilesToStage {
  const { baseUrl } = client.settings;
  const uri = `${baseUrl.origin}${baseUrl.pathname.replace(/\/+$/, "")}/${source.path.replace(/^\/+/, "")}`;
  const format = fileFormat([], spec.work.load.from.format ?? { [isPaged(source) ? "jsonl" : source.format]: {} });
  const [item] = progress.items("table", [showTable(target)]);
  const open = async function* () {
    const largest = increment?.restart();
    const answer = new PassThrough();
    const read = readHttp(client, source, answer, {
      workDirectory,
      ...(format.kind === "csv" ? { delimiter: format.dialect.delimiter } : {}),
      onPage: () => item?.running({ bytes: counted.bytes }),
      ...(largest === undefined ? {} : { onRecord: (text, start) => largest.add(text, start) }),
    });
    read.catch((error: Error) => answer.destroy(error));
    try {
      for await (const chunk of decodedBytes(answer, uri, encodingOf(format))) {
        counted.bytes += chunk.length;
        yield chunk;
      }
      await read;
    } finally {
      answer.destroy();
    }
  };
  const restart = () => {
    counted.bytes = 0;
  };
  const file = { name: source.path, uri, bytes: 0, etag: "" };
  const counted = { source: uri, target, files: [file], format, workDirectory, bytes: 0, open, restart };
  return counted;
}

/** What is new in an API since the last load: where it begins, and how far it came. */
class HttpIncrement {
  readonly #spec: SpecOf<"load">;
  readonly #source: HttpSource;
  readonly #target: TableName;
  readonly #key: CursorKey;
  #stored: StoredCursor | undefined;
  /** What is stored, unless the target that it speaks of is gone. */
  #before: StoredCursor | undefined;
  #largest: LargestValue;

  constructor(spec: SpecOf<"load">, source: HttpSource, target: TableName) {
    const { field = "" } = source.incremental ?? {};
    this.#spec = spec;
    this.#source = source;
    this.#target = target;
    this.#key = {
      schema: target.schema,
      source: `${source.method} /${source.path.replace(/^\/+/, "")}`,
      column: field,
    };
    this.#largest = new LargestValue(field);
  }

  /** The request with the parameter that says where to begin. A target that is gone is loaded from the beginning. */
  async begin(destination: Session): Promise<HttpSource> {
    const { parameter = "", start } = this.#source.incremental ?? {};
    this.#stored = await readCursor(destination, this.#spec, this.#key);
    const isGone = (await readTarget(destination, this.#target)) === undefined;
    this.#before = isGone ? undefined : this.#stored;
    if (this.#before !== undefined) refuseOtherColumn(this.#before, this.#key, "from.http.incremental.field");
    const value = this.#before?.value ?? start;
    const others = (this.#source.query ?? []).filter(({ name }) => name !== parameter);
    return value === undefined ? this.#source : { ...this.#source, query: [...others, { name: parameter, value }] };
  }

  /** Begins to look for the largest value. */
  restart(): LargestValue {
    this.#largest = new LargestValue(this.#key.column);
    return this.#largest;
  }

  /** Moves the cursor, in the transaction of the rows, and never back. */
  async end(destination: Session, rows: number): Promise<void> {
    const value = this.#largest.get();
    if (value === undefined || rows === 0) return;
    const kind = cursorKind(value);
    const before = this.#before?.value;
    if (before !== undefined && cursorKind(before) === kind && compareCursors(kind, value, before) < 0) return;
    await writeCursor(destination, this.#spec, this.#key, {
      before: this.#stored,
      next: { value, isRead: true },
      type: kind,
    }).catch((error: unknown) => {
      throw databaseFailure(error, `moving the cursor of ${this.#key.source}`);
    });
  }
}
