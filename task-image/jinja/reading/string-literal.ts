const SIMPLE: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "\n": "",
};

const ESCAPE =
  /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U(0010[0-9a-fA-F]{4}|000[0-9a-fA-F]{5})|([0-7]{1,3})|([\s\S]))/g;

/** The value of a string literal's body, by Python's escapes. An unknown escape stays as it is written, as in Python. */
export function decodeStringLiteral(body: string): string {
  if (!body.includes("\\")) return body;
  return body.replace(
    ESCAPE,
    (all: string, hex2?: string, hex4?: string, hex8?: string, octal?: string, one?: string) => {
      const hex = hex2 ?? hex4 ?? hex8;
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      return one !== undefined && Object.hasOwn(SIMPLE, one) ? (SIMPLE[one] ?? all) : all;
    },
  );
}
