/** Fewer characters than this may come about by chance. */
const CORE_LENGTH_MIN = 5;

/** The text, and how it is written before it is encoded: in JSON, in a URL, in a form (RFC 6749, 2.3.1). */
function writings(text: string): readonly string[] {
  const form = new URLSearchParams([["", text]]).toString().slice(1);
  return [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed()), form];
}

/**
 * What a text looks like inside Base64 and Base64url, whatever stands before and after it, such as the user in the header of
 * `user:password`. Three bytes make four characters, so that it begins at one of three places of a group; the characters that
 * it shares with its neighbours are left out.
 */
export function base64Cores(text: string): readonly string[] {
  // Programs of Windows encode the bytes of UTF-16.
  const bytes = [...writings(text).map((written) => Buffer.from(written)), Buffer.from(text, "utf16le")];
  return [...new Set(bytes.flatMap(coresOf))].filter((core) => core.length >= CORE_LENGTH_MIN);
}

function coresOf(bytes: Buffer): readonly string[] {
  const cores = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    return encoded.slice(Math.ceil((8 * before) / 6), Math.floor((8 * (before + bytes.length)) / 6));
  });
  return cores.flatMap((core) => [core, core.replaceAll("+", "-").replaceAll("/", "_")]);
}

/** The bounds of the Base64 text, percent-encoded or not, that a core stands in: what surrounds it is part of a credential. */
export function base64Run(text: string, start: number, end: number): readonly [number, number] {
  let [first, last] = [start, end];
  while (first > 0 && /[A-Za-z0-9+/_%-]/.test(text.charAt(first - 1))) first -= 1;
  while (last < text.length && /[A-Za-z0-9+/_%=-]/.test(text.charAt(last))) last += 1;
  return [first, last];
}
