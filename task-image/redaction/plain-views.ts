/** A text as it reads when something in it is taken away or written out, and where its characters came from. */
export interface View {
  readonly text: string;
  /** From where to where the original holds what stands between two places of the view. */
  original(start: number, end: number): readonly [start: number, end: number];
}

/**
 * What nobody sees, terminal escapes (ECMA-48, 5.4), controls and marks without a width, such as every other byte of UTF-16; and letters
 * and digits that are written as in a URL, in JSON or in HTML: other characters are found in these forms anyway (`written-forms.ts`).
 */
const WRITTEN =
  /\p{Cc}\[[0-9;?]*[ -/]*[@-~]|(?![\t\n\r])[\p{Cc}\p{Cf}]|%(?:25)*([0-9a-fA-F]{2})|\\{1,15}u00([0-9a-fA-F]{2})|&#[xX]0*([0-9a-fA-F]{2});|&#0*([0-9]{2,3});/gu;
const LINE_ENDS = /\r?\n[ \t]*/gu;

/** How a text reads to people: without what nobody sees and with its letters written out; and the same without its line ends. */
export function plainViews(text: string): readonly View[] {
  const plain = viewOf(text, WRITTEN, letterOf);
  const joined = viewOf(plain?.text ?? text, LINE_ENDS, () => "");
  if (joined === undefined) return plain === undefined ? [] : [plain];
  if (plain === undefined) return [joined];
  const original: View["original"] = (start, end) => plain.original(...joined.original(start, end));
  return [plain, { text: joined.text, original }];
}

/** What a piece reads as. One that is no letter stays as it is written. */
function letterOf([whole, percent, json, html, decimal]: RegExpExecArray): string {
  const digits = percent ?? json ?? html;
  if (digits === undefined && decimal === undefined) return "";
  const letter = String.fromCharCode(digits === undefined ? Number(decimal) : Number.parseInt(digits, 16));
  return /^[A-Za-z0-9]$/.test(letter) ? letter : whole;
}

/** Undefined where the text holds none of the pieces. */
function viewOf(text: string, pieces: RegExp, read: (piece: RegExpExecArray) => string): View | undefined {
  const starts: number[] = [];
  const ends: number[] = [];
  let view = "";
  let done = 0;
  const keep = (until: number) => {
    for (let at = done; at < until; at += 1) {
      starts.push(at);
      ends.push(at + 1);
    }
    view += text.slice(done, until);
  };
  for (const piece of text.matchAll(pieces)) {
    const written = read(piece);
    if (written === piece[0]) continue;
    keep(piece.index);
    done = piece.index + piece[0].length;
    if (written === "") continue;
    starts.push(piece.index);
    ends.push(done);
    view += written;
  }
  if (view === "" && done === 0) return undefined;
  keep(text.length);
  return { text: view, original: (start, end) => [starts[start] ?? text.length, ends[end - 1] ?? text.length] };
}
