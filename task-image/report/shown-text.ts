import type { Redactor } from "../redaction.ts";
import { publicText } from "../words/hidden-text.ts";
import { printable } from "../words/printable.ts";

/** The text as it may leave the process: no secret, no value of a row and no character that nobody sees. Show a text before you cut it. */
export function shownText(text: string, redactor: Redactor): string {
  return printable(redactor.redact(publicText(text)));
}

/** At most `longest` UTF-16 units, ending in an ellipsis when something is missing and never in half a character. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  if (longest <= 0) return "";
  return `${text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
