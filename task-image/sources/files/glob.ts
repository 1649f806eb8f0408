/**
 * One piece of a glob over names with slashes.
 *
 * | piece   | written | means                                      |
 * |---------|---------|--------------------------------------------|
 * | any     | `**`    | any characters                             |
 * | folders | `**` /  | nothing, or anything that ends with a slash |
 * | some    | `*`     | any characters but a slash                 |
 * | one     | `?`     | one character that is no slash             |
 * | literal |         | itself                                     |
 */
type Piece =
  | { readonly kind: "any" | "folders" | "some" | "one" }
  | { readonly kind: "literal"; readonly text: string };

/**
 * Whether a glob matches a whole name. The time grows with the length of the name times that of the glob, whatever they hold: all
 * places of the glob that the name may have reached are followed at once (Thompson's algorithm), 32 of them by one operation, where a
 * regular expression would try every way to share the name among the stars.
 */
export function globMatcher(glob: string): (name: string) => boolean {
  const pieces = parseGlob(glob);
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

/** A set of places in a glob: bit 0 of the first number is the place before its first piece. */
type PlaceSet = Uint32Array;

/** Which places stand before which pieces. */
interface Places {
  readonly any: PlaceSet;
  readonly folders: PlaceSet;
  readonly some: PlaceSet;
  readonly one: PlaceSet;
  /** Before a piece that may stand for nothing. */
  readonly empty: PlaceSet;
  readonly literals: ReadonlyMap<string, PlaceSet>;
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
    folders: ofKind("folders"),
    some: ofKind("some"),
    one: ofKind("one"),
    empty: ofKind("any", "folders", "some"),
    literals: new Map(literals),
    none: ofKind(),
  };
}

function has(places: PlaceSet, at: number): boolean {
  return (((places[at >> 5] ?? 0) >>> at) & 1) === 1;
}

/** Fills `next` with the places that a character leads to. Answers whether there is one. */
function follow(reached: PlaceSet, next: PlaceSet, character: string, sets: Places): boolean {
  const isSlash = character === "/";
  const { any, none, empty } = sets;
  const literal = sets.literals.get(character) ?? none;
  const one = isSlash ? none : sets.one;
  // In the middle of a folder's name the rest of the glob cannot begin.
  const [stays, goesOn] = isSlash ? [none, sets.folders] : [sets.folders, sets.some];
  let carry = 0;
  for (let word = 0; word < reached.length; word += 1) {
    const here = reached[word] as number;
    const passed = here & ((literal[word] as number) | (one[word] as number));
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

/** How many pieces in a row may stand for nothing: those of `**` with its slash, and of the star behind it. */
const EMPTY_IN_A_ROW = 2;

/** Adds the places behind pieces that may stand for nothing. */
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

function parseGlob(glob: string): readonly Piece[] {
  return [...glob.matchAll(/(?:\*\*\/)+|\*{2,}|\*|\?|[\s\S]/gu)].map(([text]): Piece => {
    if (text.startsWith("**/")) return { kind: "folders" };
    if (text === "*") return { kind: "some" };
    if (text === "?") return { kind: "one" };
    return text.startsWith("**") ? { kind: "any" } : { kind: "literal", text };
  });
}
