import fc from "fast-check";
import { expect, test } from "vitest";
import { createRedactor } from "../../../task-image/redaction.ts";

const secret = `p@ss'w"o\\rd %2F+/=é$&`;
const forms: readonly [string, string][] = [
  ["itself", secret],
  ["a URL's part", encodeURIComponent(secret)],
  ["a URL's part in small letters", encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())],
  ["a form's value", encodeURIComponent(secret).replaceAll("%20", "+")],
  ["base64", Buffer.from(secret).toString("base64")],
  ["base64url", Buffer.from(secret).toString("base64url")],
  ["hexadecimal digits", Buffer.from(secret).toString("hex")],
  ["a JSON string", JSON.stringify(secret)],
  ["an SQL literal", `'${secret.replaceAll("'", "''")}'`],
];

test.each(forms)("a secret is masked when it is printed as %s", (_name, form) => {
  const redactor = createRedactor();
  redactor.add(secret);
  const text = redactor.redact(`before ${form} after ${form}`);
  expect(text).toMatch(/^before \W?\[redacted\]\W* after \W?\[redacted\]\W*$/);
});

test("a line of a secret that has several is masked alone too", () => {
  const redactor = createRedactor();
  redactor.add("-----BEGIN KEY-----\nMC4CAQAwBQYDK2Vw\n-----END KEY-----");
  expect(redactor.redact("near MC4CAQAwBQYDK2Vw")).toBe("near [redacted]");
});

test("values shorter than five characters are left alone, because they are parts of words", () => {
  const redactor = createRedactor();
  redactor.add("demo");
  redactor.add("");
  expect(redactor.redact("the demo database")).toBe("the demo database");
});

test("of two secrets of which one begins with the other nothing is left over", () => {
  const redactor = createRedactor();
  redactor.add("secret");
  redactor.add("secret-and-more");
  expect(redactor.redact("x secret-and-more y")).toBe("x [redacted] y");
});

test("no text that held a secret holds it afterwards, whatever its characters", () => {
  const long = fc.string({ minLength: 5, maxLength: 30, unit: "grapheme" });
  fc.assert(
    fc.property(long, fc.string(), fc.string(), (value, before, after) => {
      fc.pre(!"[redacted]".includes(value));
      const redactor = createRedactor();
      redactor.add(value);
      expect(redactor.redact(`${before} ${value} ${after}`)).toContain("[redacted]");
    }),
  );
});
