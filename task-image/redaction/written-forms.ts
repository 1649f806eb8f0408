/** Names that HTML has for characters (HTML Standard, 13.5), beside their numbers. */
const HTML_NAMES: Readonly<Record<string, string>> = { "&": "amp", '"': "quot", "'": "apos", "<": "lt", ">": "gt" };
/** Characters that JSON and libpq write as a backslash and a letter. */
const ESCAPE_LETTERS: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f" };

/** Backslashes of four programs that quote what the one before has quoted. Without a bound a long run of them would be gone through from each of its places. */
const SLASHES = "\\\\{1,15}";

/**
 * A regular expression that finds a text however a program may have quoted it. Letters and digits are never quoted. Every
 * other character may stand as itself, percent-encoded once or more often (URLs and forms, in either case), as a JSON or HTML
 * escape, behind backslashes (libpq, JSON, shells) or doubled (SQL, CSV). A text may mix these forms.
 */
export function writtenForms(text: string): string {
  return [...text].map((character) => (/^[A-Za-z0-9]$/.test(character) ? character : formsOf(character))).join("");
}

function formsOf(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const percent = bytesOf(character).map((byte) => `%(?:25)*${anyCase(hex(byte, 2))}`);
  const json = [...Array(character.length).keys()].map(
    (unit) => `${SLASHES}u${anyCase(hex(character.charCodeAt(unit), 4))}`,
  );
  const forms = [
    asItself(character),
    percent.join(""),
    json.join(""),
    `&#0*${point};`,
    `&#[xX]0*${anyCase(point.toString(16))};`,
  ];
  const name = HTML_NAMES[character];
  const letter = ESCAPE_LETTERS[character];
  if (name !== undefined) forms.push(`&${name};`);
  if (letter !== undefined) forms.push(`${SLASHES}${letter}`);
  if (character === " ") forms.push("\\+");
  if (character === "\n") forms.push("\\r\\n", `(?:${SLASHES}r)?${SLASHES}n`, "%(?:25)*0[dD]%(?:25)*0[aA]");
  return `(?:${forms.join("|")})`;
}

function asItself(character: string): string {
  if (character === "\\") return "\\\\{1,4}";
  const literal = character.replace(/[\^$.*+?()[\]{}|/]/u, "\\$&");
  return /^["'`]$/.test(character) ? `(?:${SLASHES})?${literal}{1,2}` : `(?:${SLASHES})?${literal}`;
}

function bytesOf(character: string): readonly number[] {
  return [...Buffer.from(character)];
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}

function anyCase(digits: string): string {
  return digits.replace(/[a-f]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
}
