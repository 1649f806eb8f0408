import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../../task-image/redaction.ts";

const redacted = (text: string, ...secrets: readonly string[]) => {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor.redact(text);
};

const secret = `p@ss'w"o\\rd %2F+/=é$&<>!~*()`;
const everyByte = [...secret].map((character) =>
  /[A-Za-z0-9]/.test(character) ? character : [...Buffer.from(character)].map((b) => `%${b.toString(16)}`).join(""),
);
const html = (quote: string) =>
  secret.replace(/[&<>'"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? quote);

const forms: readonly [string, string][] = [
  ["itself", secret],
  ["a URL's part", encodeURIComponent(secret)],
  ["a URL's part in small letters", encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())],
  ["a URL's part of which every sign is encoded", everyByte.join("")],
  ["a form's value", new URLSearchParams([["", secret]]).toString().slice(1)],
  ["a URL inside a URL", encodeURIComponent(encodeURIComponent(secret))],
  ["base64", Buffer.from(secret).toString("base64")],
  ["base64url", Buffer.from(secret).toString("base64url")],
  ["the header of user and password", Buffer.from(`ada:${secret}`).toString("base64")],
  ["the same of another user", Buffer.from(`ad:${secret}`).toString("base64")],
  ["base64 of a document", Buffer.from(JSON.stringify({ user: "x", auth: secret })).toString("base64")],
  [
    "the header of OAuth's client",
    Buffer.from(`id:${new URLSearchParams([["", secret]]).toString().slice(1)}`).toString("base64"),
  ],
  ["base64 in a URL", encodeURIComponent(Buffer.from(`a:${secret}`).toString("base64"))],
  ["hexadecimal digits", Buffer.from(secret).toString("hex")],
  ["hexadecimal digits in capitals", Buffer.from(secret).toString("hex").toUpperCase()],
  ["a JSON string", JSON.stringify(secret)],
  ["a JSON string inside a JSON string", JSON.stringify(JSON.stringify(secret))],
  ["base64 of UTF-16", Buffer.from(`ada:${secret}`, "utf16le").toString("base64")],
  ["UTF-16 that is read as UTF-8", Buffer.from(secret, "utf16le").toString("latin1")],
  ["itself between marks that nobody sees", [...secret].join("\u200b")],
  ["itself in colours", `${secret.slice(0, 5)}\u001b[1;31m${secret.slice(5)}`],
  ["a URL's part of which every byte is encoded", Buffer.from(secret).toString("hex").replace(/../g, "%$&")],
  ["HTML of numbers alone", [...secret].map((character) => `&#${character.codePointAt(0)};`).join("")],
  [
    "a JSON string of escapes",
    secret.replace(/[^A-Za-z0-9]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
  ],
  ["HTML", html("&#39;")],
  ["HTML with names and hexadecimal numbers", html("&#x27;")],
  ["an SQL literal", `'${secret.replaceAll("'", "''")}'`],
  ["an SQL literal of escapes", `E'${secret.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`],
  ["a libpq value", `'${secret.replace(/['\\]/g, "\\$&")}'`],
  ["a CSV field", `"${secret.replaceAll('"', '""')}"`],
];

describe("a secret is masked when it is printed as", () => {
  test.each(forms)("%s", (_name, form) => {
    expect(redacted(`before ${form} after ${form}`, secret)).toMatch(
      /^before \W*E?\W*\[redacted\]\W* after \W*E?\W*\[redacted\]\W*$/,
    );
  });
});

describe("parts of a secret are masked alone too", () => {
  const key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\nBCIEIMxqzvGK\n-----END PRIVATE KEY-----\n";

  test.each([
    ["a line", "near MC4CAQAwBQYDK2Vw", "near [redacted]"],
    ["the lines without their ends", "MC4CAQAwBQYDK2VwBCIEIMxqzvGK", "[redacted]"],
    ["all of it as JSON writes it", JSON.stringify(key), '"[redacted]"'],
    ["all of it with the ends of lines that Windows has", key.replaceAll("\n", "\r\n").trim(), "[redacted]"],
  ])("%s of a key", (_name, text, expected) => {
    expect(redacted(text, key)).toBe(expected);
  });

  test("short texts and numbers of a document whose names say that they are secret, and no other short ones", () => {
    const document = JSON.stringify({
      user: "ada",
      db: { dbPassword: "ab1!x", pin: 90210, key_size: 2048 },
      type: "basic",
    });
    expect(redacted("ab1!x 90210 2048 ada basic", document)).toBe("[redacted] [redacted] 2048 ada basic");
  });

  test("a token that somebody has wrapped into lines", () => {
    const token = Buffer.from("header.payload.signature of a token that is long enough to be wrapped").toString("hex");
    const wrapped = token.replace(/.{40}/g, "$&\r\n  ");
    expect(redacted(`got ${wrapped} instead`, token)).toBe("got [redacted] instead");
  });

  test("the key inside a service account's document", () => {
    const document = JSON.stringify({ type: "service_account", private_key: key });
    expect(redacted("could not read MC4CAQAwBQYDK2Vw", document)).toBe("could not read [redacted]");
  });

  test.each([
    ["postgres://ada:p%40ss-word@db/films", "p@ss-word"],
    ["postgres://ada:p@ss/word@db/films", "p@ss/word"],
    ["postgresql+psycopg://ada:hunter22@db", "hunter22"],
    ["host=db password='it\\'s \\\\ me' user=ada", "it's \\ me"],
    ["Server=db;Password=hunter22;Database=films", "hunter22"],
    ["https://hooks.example/x?token=hunter22&a=b", "hunter22"],
  ])("the password of %s", (text, password) => {
    expect(redacted(`login failed for ${password}.`, text)).toBe("login failed for [redacted].");
  });
});

describe("cut and joined texts", () => {
  const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyzABCD";

  test.each([
    ["a beginning", token.slice(0, 30)],
    ["an end", token.slice(-30)],
    ["the beginning of its base64", Buffer.from(token).toString("base64").slice(0, 40)],
  ])("%s of a long secret is masked where another program has cut it", (_name, part) => {
    expect(redacted(`x ${part}… y`, token)).toBe("x [redacted]… y");
  });

  test("of two secrets of which one begins with the other nothing is left over", () => {
    expect(redacted("x secret-and-more y", "secret", "secret-and-more")).toBe("x [redacted] y");
  });

  test("of two secrets that overlap nothing is left over", () => {
    expect(redacted("x first-middle-last y", "first-middle", "middle-last")).toBe("x [redacted] y");
    expect(redacted("ababababa", "ababa")).toBe("[redacted]");
  });
});

describe("short secrets", () => {
  test("one of four characters is masked wherever it stands", () => {
    expect(redacted("the word ab1! and ab1!c", "ab1!")).toBe("the word [redacted] and [redacted]c");
  });

  test.each([
    ["password=abc", "password=[redacted]"],
    ["//ada:abc@db", "//ada:[redacted]@db"],
    ['{"password":"abc"}', '{"password":"[redacted]"}'],
    ["abcdef abc", "abcdef abc"],
    ["x=abcdef", "x=abcdef"],
  ])("one of three characters is masked as a value alone: %s", (text, expected) => {
    expect(redacted(text, "abc")).toBe(expected);
  });

  test("one of one to three characters is masked behind password=, whatever its characters", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 3 }), (value) => {
        fc.pre(!/[[\]\s]/.test(value) && !"redacted".includes(value));
        expect(redacted(`password=${value} and more`, value)).toBe("password=[redacted] and more");
      }),
    );
  });

  test("an empty one masks nothing", () => {
    expect(redacted("a:  =", "")).toBe("a:  =");
  });
});

test.each(["\\", "%25", "'", "&#", "\u001b[0;", "\r\n ", "QUFB"])(
  "a long run of %j takes no longer than its length",
  (piece) => {
    const text = piece.repeat(100_000);
    expect(redacted(`${text} ${secret}`, secret, "\\\\host\\x", "@@hunter")).toBe(`${text} [redacted]`);
  },
);

test("no text that held a secret holds it afterwards, whatever its characters and its encoding", () => {
  const long = fc.string({ minLength: 8, maxLength: 30, unit: "grapheme" });
  const encodings: readonly ((text: string) => string)[] = [
    (text) => text,
    encodeURIComponent,
    (text) => new URLSearchParams([["", text]]).toString().slice(1),
    (text) => Buffer.from(text).toString("base64"),
    (text) => JSON.stringify(text),
  ];
  fc.assert(
    fc.property(long, fc.string(), fc.string(), fc.constantFrom(...encodings), (value, before, after, encode) => {
      fc.pre(!"[redacted]".includes(value) && value.trim() === value);
      const text = redacted(`${before} ${encode(`${value}`)} ${after}`, value);
      expect(text).toContain("[redacted]");
      expect(text).not.toContain(encode(value));
    }),
  );
});
