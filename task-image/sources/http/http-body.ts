import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DataError } from "../../errors.ts";
import { unpackedBytes } from "../../formats/decoded-bytes.ts";
import type { HttpAnswer, HttpCall, HttpClient } from "../../http/client.ts";
import { countJson, countLines, countNothing, type RecordCount } from "../../json/record-count.ts";
import { failedStream, StreamEnds } from "./http-failed-answer.ts";
import { ShortAnswer } from "./http-lone-record.ts";
import { noRecords, notAsExpected } from "./http-page.ts";
import type { HttpRead, HttpSource } from "./http-records.ts";

const COUNTS: Readonly<Record<HttpSource["format"], () => RecordCount>> = {
  json: countJson,
  jsonl: countLines,
  csv: countNothing,
};

interface BodyTarget {
  readonly target: Writable;
  readonly workDirectory: string;
  /** What stands between the cells of CSV, where that is known. */
  readonly delimiter?: string | undefined;
}

/**
 * Writes an answer without pages as it came, unpacked. It is kept in the work directory until all of it is there, so that one that breaks
 * off is asked for again; only then does the first byte go on.
 */
export async function readBody(
  client: HttpClient,
  call: HttpCall,
  source: HttpSource,
  { target, workDirectory, delimiter }: BodyTarget,
): Promise<HttpRead> {
  const path = join(workDirectory, `answer-${randomUUID()}`);
  try {
    const answer = await client.save(call, path);
    const name = `connection ${client.settings.connection}: the answer of ${answer.url.origin}${answer.url.pathname}`;
    const counting = countingStream({ ...source, delimiter }, name, answer);
    const isNothing = answer.status === 204 && source.format === "json";
    const bytes = isNothing ? [Buffer.from("[]\n")] : unpackedBytes(createReadStream(path), name);
    await pipeline(bytes, counting.stream, target);
    return { rows: counting.rows(), pages: 1 };
  } finally {
    await rm(path, { force: true });
  }
}

type CountedSource = HttpSource & Pick<BodyTarget, "delimiter">;

function countingStream(source: CountedSource, name: string, { headers }: HttpAnswer<void>) {
  const { allowedFields = [] } = source;
  const short = new ShortAnswer(name, allowedFields);
  const count = COUNTS[source.format]();
  let rows: number | undefined;
  const ends = source.format === "jsonl" ? new StreamEnds() : undefined;
  let isFirst = true;
  const step = (done: (error?: Error | null, chunk?: Buffer) => void, work: () => void, chunk?: Buffer) => {
    try {
      work();
      done(null, chunk);
    } catch (error) {
      done(error instanceof DataError ? error : notAsExpected(name, (error as Error).message, headers));
    }
  };
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const work = () => {
        if (isFirst) refuseOtherShape(source, name, chunk, headers);
        isFirst = false;
        count.add(chunk);
        ends?.add(chunk);
        short.add(chunk);
      };
      step(done, work, chunk);
    },
    flush(done) {
      step(done, () => {
        rows = count.end();
        if (ends?.endsInError(allowedFields) === true) throw failedStream(name);
        if (source.format === "csv") short.refuseSentence(source.delimiter);
        else short.refuseRecord();
      });
    },
  });
  return { stream, rows: () => rows };
}

/** How JSON and pages for people begin, whatever their content-type says; `<ID>` may be the name of a column. */
const OTHER_BEGIN = /^(?:\{\s*"|\{\s*\}|\[\s*\{\s*"|<(?:!doctype|html|head|body|\?xml)\b)/i;

/** An answer that says itself that it is no table: an object in place of a list, a page for people or JSON in place of CSV. */
function refuseOtherShape(source: HttpSource, name: string, first: Buffer, headers: HttpAnswer<void>["headers"]): void {
  const begin = first
    .toString("latin1", 0, 64)
    .replace(/^\xef\xbb\xbf/, "")
    .trimStart();
  if (source.format === "json" && begin.startsWith("{")) throw noRecords(name, source, "an object");
  const type = String(headers["content-type"] ?? "");
  const isTyped = (/json/i.test(type) && /^[[{]/.test(begin)) || (/html|xml/i.test(type) && begin.startsWith("<"));
  const isOther = isTyped || OTHER_BEGIN.test(begin);
  if (source.format === "csv" && isOther) throw notAsExpected(name, "expected CSV, found something else", headers);
}
