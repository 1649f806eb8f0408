import { base64Cores, base64Run } from "./redaction/encoded-forms.ts";
import { plainViews } from "./redaction/plain-views.ts";
import { secretParts } from "./redaction/secret-parts.ts";
import { writtenForms } from "./redaction/written-forms.ts";

/** What stands in the place of a secret. */
const MASK = "[redacted]";
/** Shorter secrets are looked for behind `:` and `=` alone: elsewhere they would cut ordinary words to pieces. */
const LENGTH_MIN = 4;
/** Of a secret that somebody else has cut, at least this much, and half of it, is found. */
const CUT_LENGTH_MIN = 16;

/**
 * Removes secrets from text by their value, in every form that they are sent or printed in. Redact a text before you cut it:
 * less than half a secret is not recognized.
 */
export interface Redactor {
  /**
   * From now on no text that went through the redactor holds this value, a line of it, or a password inside it. A value of one to three
   * characters is only masked where it stands alone behind `:` or `=`, as in `password=abc`.
   */
  add(secret: string): void;
  redact(text: string): string;
}

/** From where to where a text holds a secret. */
type Span = readonly [start: number, end: number];
type Finder = (text: string) => readonly Span[];

export function createRedactor(): Redactor {
  const finders = new Map<string, Finder>();
  return {
    add(secret) {
      for (const part of secretParts(secret)) {
        if (part !== "" && !finders.has(part)) finders.set(part, finderOf(part));
      }
    },
    redact(text) {
      if (finders.size === 0) return text;
      const found = (where: string) => [...finders.values()].flatMap((find) => find(where));
      const hidden = plainViews(text).flatMap((view) => found(view.text).map((span) => view.original(...span)));
      const spans = [...found(text), ...hidden];
      return spans.length === 0 ? text : masked(text, spans);
    },
  };
}

function finderOf(secret: string): Finder {
  const written = writtenForms(secret);
  if (secret.length < LENGTH_MIN) {
    const alone = new RegExp(`(?<=[:=]\\s?["']?)${written}(?![\\p{L}\\p{N}])`, "gu");
    return (text) => matches(text, alone);
  }
  const hexadecimal = Buffer.from(secret).toString("hex");
  const plain = new RegExp(`${written}|${hexadecimal}|${hexadecimal.toUpperCase()}`, "g");
  const cores = base64Cores(secret);
  const encoded = cores.length === 0 ? undefined : new RegExp(cores.map(writtenForms).join("|"), "g");
  const whole = [secret, Buffer.from(secret).toString("base64")].filter(({ length }) => length > CUT_LENGTH_MIN);
  return (text) => [
    ...matches(text, plain),
    ...(encoded === undefined ? [] : matches(text, encoded).map(([start, end]) => base64Run(text, start, end))),
    ...whole.flatMap((form) => cutForms(text, form)),
  ];
}

/** All matches, those that overlap too. */
function matches(text: string, pattern: RegExp): readonly Span[] {
  const spans: Span[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    spans.push([match.index, match.index + match[0].length]);
    pattern.lastIndex = match.index + 1;
  }
  return spans;
}

/** Beginnings and ends of a secret, where a server or a library has cut it. */
function cutForms(text: string, form: string): readonly Span[] {
  const least = Math.max(CUT_LENGTH_MIN, Math.ceil(form.length / 2));
  const spans: Span[] = [];
  const [head, tail] = [form.slice(0, least), form.slice(-least)];
  for (let at = text.indexOf(head); at >= 0; at = text.indexOf(head, at + 1)) {
    let length = least;
    while (length < form.length && text[at + length] === form[length]) length += 1;
    spans.push([at, at + length]);
  }
  for (let at = text.indexOf(tail); at >= 0; at = text.indexOf(tail, at + 1)) {
    let length = least;
    while (length < form.length && text[at + least - 1 - length] === form[form.length - 1 - length]) length += 1;
    spans.push([at + least - length, at + least]);
  }
  return spans;
}

function masked(text: string, spans: readonly Span[]): string {
  let result = "";
  let done = 0;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (end <= done) continue;
    if (start >= done) result += `${text.slice(done, start)}${MASK}`;
    done = end;
  }
  return result + text.slice(done);
}
