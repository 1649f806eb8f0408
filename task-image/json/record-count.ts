/** Counts the records of a text that comes in pieces. `end` throws an Error that says what is missing when the text is cut off. */
export interface RecordCount {
  add(chunk: Buffer): void;
  end(): number | undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];

/** Elements of the list that the text is, or 1 for an object. */
export function countJson(): RecordCount {
  const state = { first: 0, depth: 0, commas: 0, isEmpty: true, isString: false, isEscaped: false };
  return {
    add: (chunk) => {
      for (const byte of chunk) {
        if (state.isString) stepInString(state, byte);
        else stepBetween(state, byte);
      }
    },
    end: () => {
      if (state.first === 0) throw new Error("expected JSON, found nothing");
      if (state.depth > 0 || state.isString) {
        throw new Error("the JSON text is cut off: a bracket or a quotation mark is not closed");
      }
      if (state.first === OPEN_MAP) return 1;
      return state.isEmpty ? 0 : state.commas + 1;
    },
  };
}

interface JsonState {
  /** The bracket that the text begins with, 0 before it. */
  first: number;
  depth: number;
  /** Commas between elements of the outermost list. */
  commas: number;
  isEmpty: boolean;
  isString: boolean;
  isEscaped: boolean;
}

function stepInString(state: JsonState, byte: number): void {
  if (state.isEscaped) state.isEscaped = false;
  else if (byte === BACKSLASH) state.isEscaped = true;
  else if (byte === QUOTE) state.isString = false;
}

function stepBetween(state: JsonState, byte: number): void {
  if (byte <= 0x20) return;
  if (state.first === 0) {
    stepFirst(state, byte);
    return;
  }
  if (state.depth === 0) throw new Error("expected nothing after the JSON text");
  if (byte === CLOSE_LIST || byte === CLOSE_MAP) {
    state.depth -= 1;
    return;
  }
  if (byte === COMMA) {
    if (state.depth === 1) state.commas += 1;
    return;
  }
  state.isEmpty = false;
  if (byte === QUOTE) state.isString = true;
  else if (byte === OPEN_LIST || byte === OPEN_MAP) state.depth += 1;
}

function stepFirst(state: JsonState, byte: number): void {
  if (byte === OPEN_LIST || byte === OPEN_MAP) {
    state.first = byte;
    state.depth = 1;
  } else if (!BYTE_ORDER_MARK.includes(byte)) {
    throw new Error("expected a list or an object at the beginning of the JSON text");
  }
}

/** Lines with anything but spaces on them. */
export function countLines(): RecordCount {
  let rows = 0;
  let isBlank = true;
  const step = (byte: number) => {
    if (byte === 0x0a) isBlank = true;
    else if (isBlank && byte > 0x20) {
      isBlank = false;
      rows += 1;
    }
  };
  return {
    add: (chunk) => {
      for (const byte of chunk) step(byte);
    },
    end: () => rows,
  };
}

/** For formats whose records cannot be counted without reading them. */
export function countNothing(): RecordCount {
  return { add: () => undefined, end: () => undefined };
}
