/** Lines break where a word ends behind this column. */
const WIDTH = 80;

/** Text whose lines break at single blanks; without a margin it stays in one. */
export function foldedText(text: string, column: number, margin: number | undefined): string {
  return folded(text, column, margin, (index) => index > 0);
}

/** Text in single quotes. A break of a line is written as two. */
export function singleQuoted(text: string, column: number, margin: number | undefined): string {
  const lines = text.replaceAll("'", "''").split("\n");
  const indented = " ".repeat(margin ?? 0);
  const parts = lines.map((line, index) =>
    folded(line, index === 0 ? column + 1 : (margin ?? 0), margin, (at) => at > 0 && at < line.length - 1),
  );
  return `'${parts.reduce((before, line) => `${before}\n${before.endsWith("\n") ? "" : "\n"}${line === "" ? "" : indented}${line}`)}'`;
}

function folded(
  text: string,
  column: number,
  margin: number | undefined,
  mayBreak: (index: number) => boolean,
): string {
  if (margin === undefined) return text;
  let at = column;
  return text.replace(/ +|[^ ]+/g, (piece, index: number) => {
    if (piece === " " && at > WIDTH && mayBreak(index)) {
      at = margin;
      return `\n${" ".repeat(margin)}`;
    }
    at += piece.length;
    return piece;
  });
}

const NAMED: Readonly<Record<string, string>> = {
  "\0": "0",
  "\x07": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  "\x1b": "e",
  '"': '"',
  "\\": "\\",
  "\x85": "N",
  "\xa0": "_",
  "\u2028": "L",
  "\u2029": "P",
};

/** Text in double quotes, in ASCII. Lines break at blanks, behind a backslash. */
export function doubleQuoted(text: string, column: number, margin: number | undefined): string {
  const parts = ['"'];
  let at = column + 1;
  for (const piece of text.match(/ |[\x21\x23-\x5b\x5d-\x7e]+|[\s\S]/gu) ?? []) {
    const written = /^[\x20\x21\x23-\x5b\x5d-\x7e]/.test(piece) ? piece : escaped(piece);
    if (piece === " " && margin !== undefined && at > WIDTH) {
      parts.push(`\\\n${" ".repeat(margin)}\\ `);
      at = margin + 2;
      continue;
    }
    parts.push(written);
    at += written.length;
  }
  return `${parts.join("")}"`;
}

function escaped(character: string): string {
  const name = NAMED[character];
  if (name !== undefined) return `\\${name}`;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
}
