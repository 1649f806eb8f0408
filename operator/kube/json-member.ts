const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [BRACE, BRACE_END, BRACKET, BRACKET_END] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The bytes of a member of a JSON object whose end may be missing: to the member's own end, or as far as there are any. Undefined
 * when it does not begin in them.
 */
export function memberOf(json: Buffer, name: string): Buffer | undefined {
  let at = json.indexOf(BRACE) + 1;
  while (at > 0) {
    const key = json.indexOf(QUOTE, at);
    const keyEnd = key === -1 ? -1 : stringEnd(json, key + 1);
    const colon = keyEnd === -1 ? -1 : json.indexOf(COLON, keyEnd);
    if (colon === -1) return undefined;
    const end = valueEnd(json, colon + 1);
    if (json.subarray(key + 1, keyEnd - 1).equals(Buffer.from(name))) return json.subarray(colon + 1, end);
    // A member that ends with its object has none behind it; the quote that is found then is another object's.
    if (json[end] !== COMMA) return undefined;
    at = end + 1;
  }
  return undefined;
}

/** Where a string that began before `from` is over; -1 when it is not. */
export function stringEnd(json: Buffer, from: number): number {
  for (let at = from; at < json.length; at++) {
    if (json[at] === BACKSLASH) at++;
    else if (json[at] === QUOTE) return at + 1;
  }
  return -1;
}

/** Where the comma or the bracket stands that follows a value; the end of the bytes when there is none. */
function valueEnd(json: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) {
      at = stringEnd(json, at + 1) - 1;
      if (at < 0) return json.length;
      continue;
    }
    if (depth === 0 && (byte === COMMA || change(byte) === -1)) return at;
    depth += change(byte);
  }
  return json.length;
}

/** How a byte outside strings changes the depth. */
function change(byte: number | undefined): number {
  if (byte === BRACE || byte === BRACKET) return 1;
  return byte === BRACE_END || byte === BRACKET_END ? -1 : 0;
}
