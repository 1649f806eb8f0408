import { DataError } from "../../errors.ts";
import { fieldsOf } from "../../json/path.ts";
import { isArray, isObject, JsonTextError, membersOf, rootOf, scalarText } from "../../json/scan.ts";

/*
 * An answer with status 200 may say itself that it is no data. What stands beside the records, or in their place, tells:
 *
 * | what stands where                                                          | with records      | without    |
 * |----------------------------------------------------------------------------|-------------------|------------|
 * | `errors` with something in it (GraphQL, 7.1; JSON:API, 7), beside          | failed            | failed     |
 * | `error`, `fault` and the like with something in it, `ok` or `success` false, a status of failure, beside | read | failed |
 * | a field that no page before had, unless it only leads to other pages, beside | read            | failed     |
 * | a `message`, `reason`, `detail` and the like with words, unless they say success or that nothing was found, beside the first list | read | failed |
 * | the only record says one of these, and has no field but those of errors (`http-lone-record.ts`) | failed |        |
 *
 * JSON lines that break off say so by a last line: an object with `error` or `errors` that has no other field of the first line. No field
 * counts that `allowedFields` names.
 */

/** Names that say that something failed, also as a part of a longer one: `@odata.error`, `hasErrors`, `error_code`. */
const OF_FAILURE =
  /(?:^|[@._-]|[a-z](?=[EF]))(?:[Ee]rr|[Ee]rrors?|ERR|ERRORS?|[Ff]ault|FAULT|[Ff]ailure|[Ee]xception)(?:$|[-_.]|(?=[A-Z]))/;
/** Names of what is false in a failure, and of a status. */
const OF_SUCCESS = /^(?:is[-_]?)?(?:ok|success|successful|succeeded)$/i;
const OF_STATUS = /^(?:http[-_]?)?(?:code|status|status[-_]?code)$/i;
const FAILED_STATUS = /^(?:[45]\d\d|err|error|fail|failed|failure|fault)$/i;
/** Names of what an API says in words, and the words that go with an empty list. */
const OF_WORDS = /^(?:messages?|msg|details?|reasons?|description|title|hint|help|info|warnings?|notices?|notes?)$/i;
const OF_NOTHING =
  /^(?:ok|okay|done|success|successful|successfully|succeeded|completed?|(?:no|0|zero) (?:more |new )?(?:data|records?|results?|items?|rows?|entries|content|matches)(?: (?:found|available|exist))?|nothing found|not found|empty)[.!]?$/i;
/** Fields that only some pages have: those that lead to others. */
const LEADS_ELSEWHERE = /^_?(?:prev|previous|next|first|last|self|links?|paging|pagination|cursors?)(?:$|[-_A-Z])/;

/** An answer whose records have been found. */
interface AnswerSeen {
  /** Where the text's value begins. */
  readonly root: number;
  /** Where its records begin. */
  readonly records: number;
  /** How many there are, of those that hold something. */
  readonly rows: number;
}

/** Throws a DataError for an answer that says beside its records that it has failed. `fields` are those of the pages before. */
export function refuseFailedAnswer(
  text: Buffer,
  { root, records, rows }: AnswerSeen,
  name: string,
  { fields, allowed = [] }: { readonly fields?: ReadonlySet<string> | undefined; readonly allowed?: AllowedFields },
): void {
  if (root === records || !isObject(text, root)) return;
  const what = rows > 0 ? "its list is not all" : "its list is empty";
  for (const { name: field, value } of membersOf(text, root)) {
    if (value === records || allowed.includes(field)) continue;
    const sign =
      rows > 0
        ? signBesideRecords(text, field, value)
        : (signOfFailure(text, field, value) ?? signOfNews(text, field, value, fields));
    if (sign !== undefined) throw failedAnswer(name, `${what}, and ${sign}`);
  }
}

function signOfNews(
  text: Buffer,
  field: string,
  value: number,
  fields: ReadonlySet<string> | undefined,
): string | undefined {
  if (fields === undefined) return wordsBesideNothing(text, field, value);
  const isNew = !fields.has(field) && !LEADS_ELSEWHERE.test(field);
  return isNew && isSaid(text, value) ? "a field that no page before had stands beside it" : undefined;
}

/** Before a first page nothing is known of the API: a sentence beside its empty list may say why nothing came. */
function wordsBesideNothing(text: Buffer, field: string, value: number): string | undefined {
  if (!OF_WORDS.test(field) || !isSaid(text, value)) return undefined;
  const isNothing = OF_NOTHING.test((scalarText(text, value) ?? "").trim());
  return isNothing ? undefined : `its ${field} may say why`;
}

function signBesideRecords(text: Buffer, field: string, value: number): string | undefined {
  return field === "errors" && isArray(text, value) && isSaid(text, value) ? "it has errors" : undefined;
}

/** What a field says of a failure, in words. */
export function signOfFailure(text: Buffer, field: string, value: number): string | undefined {
  if (OF_FAILURE.test(field)) return isSaid(text, value) ? `it has ${field}` : undefined;
  const word = scalarText(text, value) ?? "";
  if (OF_SUCCESS.test(field) && /^false$/i.test(word)) return `its ${field} is false`;
  return OF_STATUS.test(field) && FAILED_STATUS.test(word) ? `its ${field} is that of a failure` : undefined;
}

/** Whether a value is more than null, false, 0 and nothing in quotes or brackets. */
export function isSaid(text: Buffer, at: number): boolean {
  if (isArray(text, at) || isObject(text, at)) return !/^[[{]\s*[\]}]/.test(text.toString("latin1", at, at + 64));
  return !["", "false", "0"].includes((scalarText(text, at) ?? "").toLowerCase());
}

/** Names of fields that are no sign of a failure, as the manifest says. */
export type AllowedFields = readonly string[];

export function failedAnswer(name: string, found: string): DataError {
  return new DataError(
    "FailedAnswer",
    `${name}: expected records, found an answer that says it failed: ${found}. Nothing has been published. Ask the API why; where its answers are so, name the field in from.http.allowedFields`,
  );
}

/** A line is looked at up to here: none that only says an error is as long. */
const LINE_BYTES_MAX = 65_536;
const LF = 0x0a;
const SPACE = 0x20;
const NOTHING = Buffer.alloc(0);

/** The first and the last line of a stream of JSON lines. */
export class StreamEnds {
  #first: Buffer | undefined;
  #last: Buffer = NOTHING;
  #open: Buffer = NOTHING;

  add(chunk: Buffer): void {
    const text = Buffer.concat([this.#open, chunk]);
    const end = text.lastIndexOf(LF);
    // One byte more than is looked at shows that the line is too long.
    this.#open = Buffer.from(text.subarray(end + 1, end + LINE_BYTES_MAX + 2));
    if (end < 0) return;
    this.#first ??= Buffer.from(text.subarray(0, text.indexOf(LF)));
    this.#last = lastLine(text.subarray(0, end)) ?? this.#last;
  }

  endsInError(allowed: AllowedFields): boolean {
    const last = fieldsOfLine(lastLine(this.#open) ?? this.#last);
    const first = fieldsOfLine(this.#first ?? NOTHING);
    if (!last.some((field) => (field === "error" || field === "errors") && !allowed.includes(field))) return false;
    return first.length > 0 && !last.some((field) => first.includes(field));
  }
}

/** The last line with something on it. */
function lastLine(text: Buffer): Buffer | undefined {
  for (let end = text.length; end > 0; ) {
    const begin = text.lastIndexOf(LF, end - 1);
    const line = text.subarray(begin + 1, end);
    if (line.some((byte) => byte > SPACE)) return Buffer.from(line);
    end = begin;
  }
  return undefined;
}

function fieldsOfLine(line: Buffer): readonly string[] {
  if (line.length === 0 || line.length > LINE_BYTES_MAX) return [];
  try {
    return fieldsOf(line, rootOf(line));
  } catch (error) {
    if (error instanceof JsonTextError || error instanceof SyntaxError) return [];
    throw error;
  }
}

export function failedStream(name: string): DataError {
  return failedAnswer(name, "its last line holds an error and no field of the first line");
}
