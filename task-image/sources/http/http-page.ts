import { DataError, TaskFailure } from "../../errors.ts";
import type { HttpAnswer } from "../../http/client.ts";
import { describePlace, fieldsOf, locatePath, parsePath } from "../../json/path.ts";
import { oneRecord, recordLines } from "../../json/record-lines.ts";
import { elementsOf, isArray, isNull, isObject, JsonTextError, rootOf } from "../../json/scan.ts";
import { isSaid, refuseFailedAnswer } from "./http-failed-answer.ts";
import { refuseLoneError } from "./http-lone-record.ts";
import type { HttpSource } from "./http-records.ts";

/** One page as JSON lines. */
export interface RecordPage {
  readonly lines: Buffer;
  readonly rows: number;
  /** Where the text's value begins. */
  readonly root: number;
  /** Where the list of records begins; missing where there is one record. */
  readonly list: number | undefined;
}

/** What pages before this one were like. */
export interface PagesBefore {
  /** Fields of their outermost objects; nothing before the first page. */
  readonly fields: ReadonlySet<string> | undefined;
}

/** The records of a page; undefined where its lack of a list is the end. Throws a DataError for a text of another shape. */
export function recordsOf(
  { body, headers }: HttpAnswer<Buffer>,
  source: HttpSource,
  name: string,
  before: PagesBefore,
): RecordPage | undefined {
  try {
    const root = rootOf(body);
    const path = source.records === undefined ? undefined : parsePath(source.records);
    const at = path === undefined ? root : locatePath(body, root, path);
    const page = at === undefined ? undefined : pageAt(body, root, at, source.single === true);
    if (page !== undefined) {
      refuseFailure(body, page, source, name, before);
      return page;
    }
    if (source.paging?.end?.noList === true && isEnd(body, root, at, source, before)) {
      if (at !== undefined)
        refuseFailedAnswer(body, { root, records: at, rows: 0 }, name, allowedBeside(source, before));
      return undefined;
    }
    throw noRecords(name, source, whatIsThere(body, root, at, path));
  } catch (error) {
    if (error instanceof TaskFailure) throw error;
    if (error instanceof JsonTextError) throw notAsExpected(name, error.message, headers);
    throw error;
  }
}

/** A page with the one record or the list that begins at `at`; undefined where something else is there. */
function pageAt(body: Buffer, root: number, at: number, isSingle: boolean): FoundPage | undefined {
  if (isSingle)
    return isObject(body, at) ? { root, list: undefined, records: at, ...oneRecord(body, at), only: at } : undefined;
  if (!isArray(body, at)) return undefined;
  const found = recordLines(body, at);
  const [first] = found.rows === 1 ? elementsOf(body, at) : [];
  return { root, list: at, records: at, ...found, only: first?.[0] };
}

interface FoundPage extends RecordPage {
  /** Where its records begin. */
  readonly records: number;
  /** Where the only record begins. */
  readonly only: number | undefined;
}

/** What stands at a path that the manifest names are records, whatever they are called. */
function refuseFailure(
  body: Buffer,
  { root, list, records, only, rows }: FoundPage,
  source: HttpSource,
  name: string,
  before: PagesBefore,
): void {
  const filled = list === undefined && !isSaid(body, records) ? 0 : rows;
  const beside = allowedBeside(source, before);
  refuseFailedAnswer(body, { root, records, rows: filled }, name, beside);
  if (only !== undefined && records === root) refuseLoneError(body, only, name, beside.allowed);
}

function allowedBeside({ allowedFields: allowed = [] }: HttpSource, { fields }: PagesBefore) {
  return { fields, allowed };
}

/** null is no list; a missing one is the end after a page that had one, and in an answer that has nothing else to say. */
function isEnd(
  body: Buffer,
  root: number,
  at: number | undefined,
  { allowedFields = [] }: HttpSource,
  { fields }: PagesBefore,
): boolean {
  if (at !== undefined) return isNull(body, at);
  if (fields === undefined || !isObject(body, root)) return false;
  return fieldsOf(body, root).every((field) => fields.has(field) || allowedFields.includes(field));
}

function whatIsThere(body: Buffer, root: number, at: number | undefined, path = parsePath("")): string {
  if (at === undefined) return `nothing there: ${describePlace(body, root, path)}`;
  if (isObject(body, at)) return `an object: ${describePlace(body, at, { text: "", names: [""] })}`;
  return isArray(body, at) ? "a list" : "something else";
}

/** An answer that holds no records where they should be. */
export function noRecords(name: string, { records, single }: HttpSource, found: string): DataError {
  const what = single === true ? "one record" : "a list of records";
  const where = records === undefined ? "" : ` at ${records}`;
  const advice =
    single === true
      ? "Correct from.http.records and single"
      : "Set from.http.records to its path, or single where the answer is one record";
  return new DataError("NoRecords", `${name}: expected ${what}${where}, found ${found}. ${advice}`);
}

export function notAsExpected(name: string, what: string, headers: HttpAnswer<unknown>["headers"]): DataError {
  const type = headers["content-type"] ?? "none";
  return new DataError(
    "NotJson",
    `${name} is not what format says: ${what} (content-type ${type}). Check path and format`,
  );
}
