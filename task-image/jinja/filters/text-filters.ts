import { chargePieces } from "../budget.ts";
import { percentFormat } from "../formatting/percent-format.ts";
import { type BoundArguments, plain } from "../running/parameters.ts";
import { EvaluationError } from "../template-error.ts";
import { isTrue } from "../values/comparison.ts";
import { DictValue } from "../values/dict-value.ts";
import { characterCount, characters } from "../values/sequence.ts";
import { capitalize, replaceText, strip } from "../values/string-methods.ts";
import { toText } from "../values/text-form.ts";
import { TupleValue, type Value } from "../values/value.ts";
import { type Filter, filter } from "./filter.ts";

const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

function escapeHtml(value: Value): string {
  return toText(value).replace(/[&<>"']/g, (character) => HTML[character] ?? character);
}

/** Every line but the first, and empty ones unless `blank`, begins with the indentation. */
function indent(text: string, indentation: string, first: boolean, blank: boolean): string {
  chargePieces(text);
  const [head = "", ...rest] = text.split("\n");
  const lines = rest.map((line) => (line === "" && !blank ? line : indentation + line));
  return [first ? indentation + head : head, ...lines].join("\n");
}

function truncate(text: string, found: BoundArguments): string {
  const [length, end, leeway] = [found.integer(0, 255), found.text(2, "..."), found.integer(3, 5)];
  const all = characters(text);
  if (all.length <= length + leeway) return text;
  const cut = all.slice(0, Math.max(0, length - characters(end).length)).join("");
  const space = isTrue(found.value(1, false)) ? -1 : cut.lastIndexOf(" ");
  return (space < 0 ? cut : cut.slice(0, space)) + end;
}

/** Words begin behind white space, hyphens and opening brackets, as Jinja's title filter has it. */
function titleWords(text: string): string {
  chargePieces(text);
  return text
    .split(/([-\s({[<]+)/)
    .map((word) => capitalize(word))
    .join("");
}

export const TEXT_FILTERS: readonly Filter[] = [
  filter("upper", [], (value) => toText(value).toUpperCase()),
  filter("lower", [], (value) => toText(value).toLowerCase()),
  filter("capitalize", [], (value) => capitalize(toText(value))),
  filter("title", [], (value) => titleWords(toText(value))),
  filter("string", [], toText),
  filter("safe", [], toText),
  filter("trim", ["chars?"], (value, found) =>
    strip(toText(value), found.value(0) === null ? undefined : found.text(0), "both"),
  ),
  filter("replace", ["old", "new", "count?"], (value, found, { budget }) =>
    replaceText(toText(value), toText(found.value(0)), toText(found.value(1)), found.integer(2, -1), budget),
  ),
  filter("indent", ["width?", "first?", "blank?"], (value, found, { budget }) => {
    const text = toText(value);
    const width = found.value(0, 4n);
    const spaces = typeof width === "bigint" ? Number(width) : 0;
    const lines = text.split("\n").length;
    budget.text(text.length + lines * (typeof width === "string" ? width.length : spaces));
    const indentation = typeof width === "string" ? width : " ".repeat(spaces);
    return indent(text, indentation, isTrue(found.value(1, false)), isTrue(found.value(2, false)));
  }),
  filter("center", ["width?"], (value, found, { budget }) => {
    const text = toText(value);
    const width = found.integer(0, 80);
    const missing = Math.max(0, width - characterCount(text));
    budget.text(text.length + missing);
    const left = (missing >> 1) + (missing & width & 1);
    return " ".repeat(left) + text + " ".repeat(missing - left);
  }),
  filter("truncate", ["length?", "killwords?", "end?", "leeway?"], (value, found) => truncate(toText(value), found)),
  filter("wordcount", [], (value) => {
    const text = toText(value);
    chargePieces(text);
    return BigInt(text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0);
  }),
  filter("escape", [], escapeHtml),
  filter("e", [], escapeHtml),
  {
    name: "format",
    apply: (value, { positional, named }, { budget }) => {
      if (positional.length > 0 && named.size > 0) {
        throw new EvaluationError("filter format takes values either by position or by name");
      }
      const values =
        named.size > 0
          ? DictValue.of([...named].map(([name, each]) => [name, plain(each)] as const))
          : new TupleValue(positional.map(plain));
      return percentFormat(toText(value), values, budget);
    },
  },
];
