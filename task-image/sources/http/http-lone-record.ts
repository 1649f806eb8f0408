import type { DataError } from "../../errors.ts";
import { elementsOf, isArray, isObject, JsonTextError, membersOf, rootOf } from "../../json/scan.ts";
import { type AllowedFields, failedAnswer, isSaid, signOfFailure } from "./http-failed-answer.ts";

/*
 * An error in the place of all records looks like one record: `{"error": "rate limited"}` in JSON lines, `[{"error": …}]`, an answer that
 * is a `single` record, a sentence in place of CSV. A table would be made of it.
 */

/** Names that errors of APIs have and that say nothing of a thing that has records: RFC 9457, JSON:API 7.1, and what is common. */
const OF_ERRORS =
  /^(?:errors?|err|faults?|exception|messages?|msg|code|status|title|type|details?|reasons?|description|instance|path|timestamp|date|help|hint|info|ok|success|(?:error|status|request|trace|correlation|documentation|retry|fault)[-_ ]?(?:code|text|message|msg|type|description|details?|reason|id|url|uri|after|string)s?)$/i;
/** Throws a DataError where the only record of an answer, an object that begins at `at`, is an error. */
export function refuseLoneError(text: Buffer, at: number, name: string, allowed: AllowedFields): void {
  if (!isObject(text, at)) return;
  let found: string | undefined;
  for (const { name: field, value } of membersOf(text, at)) {
    if (allowed.includes(field) || (!OF_ERRORS.test(field) && isSaid(text, value))) return;
    found ??= signOfFailure(text, field, value);
  }
  if (found !== undefined) throw failedAnswer(name, `its only record has fields of errors alone, and ${found}`);
}

/** More bytes than an answer has that only says an error. */
const KEPT_BYTES_MAX = 65_536;

/** The whole of an answer that is short enough to be an error. */
export class ShortAnswer {
  readonly #name: string;
  readonly #allowed: AllowedFields;
  #bytes = Buffer.alloc(0);
  #isLong = false;

  constructor(name: string, allowed: AllowedFields) {
    this.#name = name;
    this.#allowed = allowed;
  }

  add(chunk: Buffer): void {
    this.#isLong ||= this.#bytes.length + chunk.length > KEPT_BYTES_MAX;
    this.#bytes = this.#isLong ? Buffer.alloc(0) : Buffer.concat([this.#bytes, chunk]);
  }

  /** Throws a DataError where the answer is one record, and that is an error. */
  refuseRecord(): void {
    if (this.#isLong) return;
    const at = loneRecord(this.#bytes);
    if (at !== undefined) refuseLoneError(this.#bytes, at, this.#name, this.#allowed);
  }

  /** Throws a DataError where the answer is one line of CSV without `delimiter`, such as a sentence. */
  refuseSentence(delimiter: string | undefined): void {
    const line = this.#bytes
      .toString("utf8")
      .replace(/^\ufeff/, "")
      .trim();
    // UTF-16 has bytes of 0 between those of a line.
    if (this.#isLong || line === "" || /[\r\n\0]/.test(line)) return;
    const delimiters = delimiter === undefined ? DELIMITERS : [delimiter];
    if (delimiters.some((character) => line.includes(character))) return;
    if (!this.#allowed.includes(line.replaceAll('"', ""))) throw sentence(this.#name);
  }
}

/** What stands between cells, where nothing says which of them. */
const DELIMITERS = [",", ";", "\t", "|"];

function loneRecord(text: Buffer): number | undefined {
  try {
    const root = rootOf(text);
    if (!isArray(text, root)) return root;
    const [first, second] = [...elementsOf(text, root)];
    return second === undefined ? first?.[0] : undefined;
  } catch (error) {
    // Whoever reads the records says what is wrong with the text.
    if (error instanceof JsonTextError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function sentence(name: string): DataError {
  return failedAnswer(name, "it is one line without a delimiter and has no rows");
}
