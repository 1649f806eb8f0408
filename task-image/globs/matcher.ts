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
  const sets = placesOf(pieces);
  return (name) => {
    let reached = new Uint32Array(sets.empty.length);
    let next = new Uint32Array(sets.empty.length);
    reached[0] = 1;
    passEmpty(reached, sets.empty);
    for (const character of name) {
      if (!follow(reached, next, character, sets)) return false;
      [reached, next] = [next, reached];
    }
    return has(reached, pieces.length);
  };
}

const MAY_BE_NOTHING: ReadonlySet<Piece["kind"]> = new Set(["any", "folders", "some"]);

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
  readonly literals: ReadonlyMap<string, PlaceSet>;
  readonly sets: readonly { readonly has: (character: string) => boolean; readonly places: PlaceSet }[];
  readonly none: PlaceSet;
}

function placesOf(pieces: readonly Piece[]): Places {
  const placesWhere = (isMeant: (piece: Piece) => boolean) => {
    const places = new Uint32Array((pieces.length >> 5) + 1);
    for (const [at, piece] of pieces.entries())
      if (isMeant(piece)) places[at >> 5] = (places[at >> 5] ?? 0) | (1 << at);
    return places;
  };
  const ofKind = (...kinds: readonly Piece["kind"][]) => placesWhere(({ kind }) => kinds.includes(kind));
  const texts = new Set(pieces.flatMap((piece) => (piece.kind === "literal" ? [piece.text] : [])));
  const literals = [...texts].map((text) => {
    return [text, placesWhere((piece) => piece.kind === "literal" && piece.text === text)] as const;
  });
  return {
    any: ofKind("any"),
    each: ofKind("each"),
    folders: ofKind("folders"),
    some: ofKind("some"),
    one: ofKind("one"),
    empty: ofKind("any", "folders", "some"),
    literals: new Map(literals),
    sets: pieces.flatMap((piece) =>
      piece.kind === "set" ? [{ has: piece.has, places: placesWhere((other) => other === piece) }] : [],
    ),
    none: ofKind(),
  };
}

function has(places: PlaceSet, at: number): boolean {
  return (((places[at >> 5] ?? 0) >>> at) & 1) === 1;
}

/** Adds the places before sets that have a character. */
function withSets(literal: PlaceSet, character: string, { sets }: Places): PlaceSet {
  const having = sets.filter(({ has: holds }) => holds(character));
  if (having.length === 0) return literal;
  return literal.map((word, index) => having.reduce((all, { places }) => all | (places[index] ?? 0), word));
}

/** Fills `next` with the places that a character leads to. Answers whether there is one. */
function follow(reached: PlaceSet, next: PlaceSet, character: string, sets: Places): boolean {
  const isSlash = character === "/";
  const { any, each, none, empty } = sets;
  const literal = withSets(sets.literals.get(character) ?? none, character, sets);
  const one = isSlash ? none : sets.one;
  // In the middle of a folder's name the rest of the glob cannot begin.
  const [stays, goesOn] = isSlash ? [none, sets.folders] : [sets.folders, sets.some];
  let carry = 0;
  for (let word = 0; word < reached.length; word += 1) {
    const here = reached[word] as number;
    const passed = here & ((literal[word] as number) | (one[word] as number) | (each[word] as number));
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
