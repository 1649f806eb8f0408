import { DataError } from "../../errors.ts";
import { type JsonPath, locatePath, parsePath } from "../../json/path.ts";
import { scalarText } from "../../json/scan.ts";
import { hidden } from "../../words/hidden-text.ts";

/*
 * How values of a cursor's field are compared, by what all of them are.
 *
 * | values                                 | larger is                                                     |
 * |----------------------------------------|---------------------------------------------------------------|
 * | numbers, `1760000000` or `17.5`        | the larger number, all digits of it                           |
 * | times, `2026-01-01T00:00:00.123+02:00` | the later moment, all digits of it; UTC where there is no zone |
 * | other texts                            | the one that sorts behind by the bytes of its characters      |
 */

export type CursorKind = "number" | "time" | "text";

/** Longer ones take long to compare, and are compared as texts. */
const NUMBER = /^(-?)(\d{1,1000})(?:\.(\d{1,1000}))?$/;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d+))?)?)? ?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** What a value is. */
export function cursorKind(value: string): CursorKind {
  if (NUMBER.test(value)) return "number";
  return Number.isNaN(secondsOf(value)) ? "text" : "time";
}

/** Negative where `one` is smaller than `other`, which is of the same kind. */
export function compareCursors(kind: CursorKind, one: string, other: string): number {
  if (kind === "text") return Buffer.compare(Buffer.from(one), Buffer.from(other));
  return kind === "number" ? compareNumbers(one, other) : compareTimes(one, other);
}

function compareNumbers(one: string, other: string): number {
  const digits = Math.max(fractionOf(NUMBER, one, 3).length, fractionOf(NUMBER, other, 3).length);
  const scaled = (value: string) => {
    const [, sign = "", whole = "0", fraction = ""] = NUMBER.exec(value) ?? [];
    return BigInt(`${sign}${whole}${fraction.padEnd(digits, "0")}`);
  };
  const [a, b] = [scaled(one), scaled(other)];
  return a === b ? 0 : a < b ? -1 : 1;
}

function compareTimes(one: string, other: string): number {
  const seconds = secondsOf(one) - secondsOf(other);
  if (seconds !== 0) return seconds;
  const [a, b] = [fractionOf(TIME, one, 4), fractionOf(TIME, other, 4)];
  const digits = Math.max(a.length, b.length);
  return a.padEnd(digits, "0") < b.padEnd(digits, "0") ? -1 : a.padEnd(digits, "0") > b.padEnd(digits, "0") ? 1 : 0;
}

function fractionOf(pattern: RegExp, value: string, group: number): string {
  return pattern.exec(value)?.[group] ?? "";
}

/** Whole seconds since 1970, NaN for what is no time. */
function secondsOf(value: string): number {
  const found = TIME.exec(value);
  if (found === null) return Number.NaN;
  const [, day, minutes = "00:00", seconds = "00", , zone = "Z"] = found;
  const [, sign = "", hours = "", rest = "00"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  return Date.parse(`${day}T${minutes}:${seconds}${sign === "" ? "Z" : `${sign}${hours}:${rest}`}`) / 1000;
}

/** The largest value of a field in the records that have been seen. */
export class LargestValue {
  readonly #field: JsonPath;
  #largest: string | undefined;
  #kind: CursorKind | undefined;
  #records = 0;

  constructor(field: string) {
    this.#field = parsePath(field);
  }

  /** Takes a record that begins at `start`. Throws a DataError for a value that cannot be compared with those before it. */
  add(text: Buffer, start: number): void {
    this.#records += 1;
    const at = locatePath(text, start, this.#field);
    const value = at === undefined ? undefined : scalarText(text, at);
    if (value === undefined) return;
    const kind = cursorKind(value);
    this.#kind ??= kind;
    if (kind !== this.#kind) {
      throw new DataError(
        "MixedCursor",
        `from.http.incremental.field ${this.#field.text}: expected values of one kind, found a ${this.#kind}${hidden(` ${this.#largest}`)} and a ${kind}${hidden(` ${value.slice(0, 60)}`)} in record ${this.#records}. Name a field that grows`,
      );
    }
    if (this.#largest === undefined || compareCursors(kind, value, this.#largest) > 0) this.#largest = value;
  }

  /** The largest value, or undefined when there were no records. Throws a DataError when no record had a value. */
  get(): string | undefined {
    if (this.#largest !== undefined || this.#records === 0) return this.#largest;
    throw new DataError(
      "NoCursorValue",
      `from.http.incremental.field ${this.#field.text}: expected a value in the records, found none in ${this.#records} of them. Name the field that the parameter asks for`,
    );
  }
}
