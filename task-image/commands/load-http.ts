import { PassThrough } from "node:stream";
import { readHttpSettings } from "../connections/http-settings.ts";
import { namedConnection } from "../connections/named-connection.ts";
import { decodedBytes } from "../formats/decoded-bytes.ts";
import { encodingOf, fileFormat } from "../formats/file-format.ts";
import { type HttpClient, openHttpClient } from "../http/client.ts";
import {
  type CursorKey,
  readCursor,
  refuseOtherColumn,
  type StoredCursor,
  writeCursor,
} from "../postgres/cursor-record.ts";
import { databaseFailure } from "../postgres/failure.ts";
import { showTable, type TableName } from "../postgres/identifier.ts";
import type { Session } from "../postgres/session.ts";
import { readTarget } from "../postgres/target.ts";
import { compareCursors, cursorKind, LargestValue } from "../sources/http-cursor.ts";
import { type HttpSource, isPaged, readHttp } from "../sources/http-records.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import type { FilesToStage } from "./landed-files.ts";
import { type LoadSource, refuseTakenTargets } from "./load-source.ts";
import { stageFiles } from "./stage-files.ts";

/** The records of an HTTP API, read while they are loaded. */
export function httpToLoad(spec: SpecOf<"load">, source: HttpSource, context: CommandContext): LoadSource {
  const { from, to } = spec.work.load;
  const target = { schema: to.schema, table: to.table ?? "" };
  refuseTakenTargets("load.to.table", [{ source: from.connection, target }]);
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
    await increment?.end(destination, staged.rows + (staged.discarded?.rows ?? 0));
    return [staged];
  };
  return { targets: [target], stage };
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
  const item = showTable(target);
  const open = async function* () {
    const largest = increment?.restart();
    const answer = new PassThrough();
    const read = readHttp(client, source, answer, {
      onPage: ({ pages }) => progress.report({ item, done: pages, total: pages + 1, bytes: counted.bytes }),
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
