/**
 * One piece of a glob over names.
 *
 * | piece   | written | means                                       |
 * |---------|---------|---------------------------------------------|
 * | any     | `**`    | any characters                              |
 * | folders | `**` /  | nothing, or anything that ends with a slash |
 * | some    | `*`     | any characters but a slash                  |
 * | one     | `?`     | one character that is no slash              |
 * | each    |         | one character                               |
 * | set     | `[a-z]` | one of these characters                     |
 * | literal |         | itself                                      |
 */
export type Piece =
  | { readonly kind: "any" | "folders" | "some" | "one" | "each" }
  | { readonly kind: "set"; readonly has: (character: string) => boolean }
  | { readonly kind: "literal"; readonly text: string };

/** How many pieces in a row may stand for nothing: `**` with its slash, and the star behind it. Others of one kind are made one. */
const EMPTY_IN_A_ROW = 2;

/**
 * Whether pieces match a whole name. The time grows with the length of the name times that of the glob, whatever they hold: all
 * places of the glob that the name may have reached are followed at once (Thompson's algorithm), 32 of them by one operation, where a
 * regular expression would try every way to share the name among the stars.
 */
export function matcherOf(written: readonly Piece[]): (name: string) => boolean {
  const pieces = written.filter(({ kind }, index) => kind !== written[index - 1]?.kind || !MAY_BE_NOTHING.has(kind));
  const places = placesOf(pieces);
  return (name) => {
    let reached = new Uint32Array(places.empty.length);
    let next = new Uint32Array(places.empty.length);
    reached[0] = 1;
    passEmpty(reached, places.empty);
    for (const character of name) {
      if (!follow(reached, next, character, places)) return false;
      [reached, next] = [next, reached];
    }
    return has(reached, pieces.length);
  };
}

const MAY_BE_NOTHING: ReadonlySet<Piece["kind"]> = new Set(["any", "folders", "some"]);
/** Characters whose places are kept: names have few of them, whatever a glob may hold. */
const CHARACTERS_KEPT_MAX = 256;

/** A set of places in a glob: bit 0 of the first number is the place before its first piece. */
type PlaceSet = Uint32Array;

/** Which places stand before which pieces. */
interface Places {
  readonly any: PlaceSet;
  readonly each: PlaceSet;
  readonly folders: PlaceSet;
  readonly some: PlaceSet;
  readonly one: PlaceSet;
  /** Before a piece that may stand for nothing. */
  readonly empty: PlaceSet;
  readonly none: PlaceSet;
  /** Before a character itself, or a set that has it. */
  before(character: string): PlaceSet;
}

function placesOf(pieces: readonly Piece[]): Places {
  const ofKind = (...kinds: readonly Piece["kind"][]) => {
    const places = noPlaces(pieces);
    for (const [at, { kind }] of pieces.entries()) if (kinds.includes(kind)) mark(places, at);
    return places;
  };
  return {
    any: ofKind("any"),
    each: ofKind("each"),
    folders: ofKind("folders"),
    some: ofKind("some"),
    one: ofKind("one"),
    empty: ofKind("any", "folders", "some"),
    none: noPlaces(pieces),
    before: placesBefore(pieces),
  };
}

/** Finds the places before a character when it is first met. */
function placesBefore(pieces: readonly Piece[]): Places["before"] {
  const literals = new Map<string, number[]>();
  const sets: { readonly at: number; readonly holds: (character: string) => boolean }[] = [];
  for (const [at, piece] of pieces.entries()) {
    if (piece.kind === "set") sets.push({ at, holds: piece.has });
    else if (piece.kind === "literal") {
      const same = literals.get(piece.text);
      if (same === undefined) literals.set(piece.text, [at]);
      else same.push(at);
    }
  }
  const known = new Map<string, PlaceSet>();
  return (character) => {
    const kept = known.get(character);
    if (kept !== undefined) return kept;
    const places = noPlaces(pieces);
    for (const at of literals.get(character) ?? []) mark(places, at);
    for (const { at, holds } of sets) if (holds(character)) mark(places, at);
    if (known.size >= CHARACTERS_KEPT_MAX) known.clear();
    known.set(character, places);
    return places;
  };
}

function noPlaces(pieces: readonly Piece[]): PlaceSet {
  return new Uint32Array((pieces.length >> 5) + 1);
}

function mark(places: PlaceSet, at: number): void {
  places[at >> 5] = (places[at >> 5] ?? 0) | (1 << at);
}

function has(places: PlaceSet, at: number): boolean {
  return (((places[at >> 5] ?? 0) >>> at) & 1) === 1;
}

/** Fills `next` with the places that a character leads to. Answers whether there is one. */
function follow(reached: PlaceSet, next: PlaceSet, character: string, places: Places): boolean {
  const isSlash = character === "/";
  const { any, each, none, empty } = places;
  const itself = places.before(character);
  const one = isSlash ? none : places.one;
  // In the middle of a folder's name the rest of the glob cannot begin.
  const [stays, goesOn] = isSlash ? [none, places.folders] : [places.folders, places.some];
  let carry = 0;
  for (let word = 0; word < reached.length; word += 1) {
    const here = reached[word] as number;
    const passed = here & ((itself[word] as number) | (one[word] as number) | (each[word] as number));
    next[word] = (passed << 1) | carry | (here & ((any[word] as number) | (goesOn[word] as number)));
    carry = passed >>> 31;
  }
  passEmpty(next, empty);
  let found = 0;
  for (let word = 0; word < reached.length; word += 1) {
    const all = (next[word] as number) | ((reached[word] as number) & (stays[word] as number));
    next[word] = all;
    found |= all;
  }
  return found !== 0;
}

/** Adds the places behind pieces that may stand for nothing, two of them in a row. */
function passEmpty(places: PlaceSet, empty: PlaceSet): void {
  for (let time = 0; time < EMPTY_IN_A_ROW; time += 1) {
    let carry = 0;
    for (let word = 0; word < places.length; word += 1) {
      const here = places[word] as number;
      const passed = here & (empty[word] as number);
      places[word] = here | (passed << 1) | carry;
      carry = passed >>> 31;
    }
  }
}

/**
 * A text of characters and ranges, as it stands between `[` and `]`: `!` before them means all others. A range from a character to one
 * before it has none, as in Python's fnmatch.
 */
export function characterSet(written: string): (character: string) => boolean {
  const isNegated = written.startsWith("!");
  const characters = [...(isNegated ? written.slice(1) : written)];
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const first = characters[at] ?? "";
    const last = characters[at + 1] === "-" ? characters[at + 2] : undefined;
    ranges.push([first, last ?? first]);
    if (last !== undefined) at += 2;
  }
  return (character) => ranges.some(([first, last]) => first <= character && character <= last) !== isNegated;
}
