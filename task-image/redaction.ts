/** What stands in the place of a secret. */
const MASK = "[redacted]";
/** Shorter values are not looked for: they would cut ordinary words to pieces. */
const LENGTH_MIN = 5;

/** Removes secrets from text by their value, in every form that they are likely to be printed in. */
export interface Redactor {
  /** From now on no text that went through the redactor holds this value. Values shorter than 5 characters are ignored. */
  add(secret: string): void;
  redact(text: string): string;
}

export function createRedactor(): Redactor {
  const forms = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    add(secret) {
      for (const form of printedForms(secret)) {
        if (form.length >= LENGTH_MIN) forms.add(form);
      }
      // The longest form goes first, so that no rest of it is left over by a shorter one.
      const longestFirst = [...forms].sort((a, b) => b.length - a.length);
      pattern = longestFirst.length === 0 ? undefined : new RegExp(longestFirst.map(literalPattern).join("|"), "g");
    },
    redact: (text) => (pattern === undefined ? text : text.replace(pattern, MASK)),
  };
}

function literalPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** The value as it is, each of its lines, and as URLs, base64, JSON and SQL literals write it. */
function printedForms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const url = encodeURIComponent(secret);
  return [
    secret,
    ...secret.split(/\r?\n/),
    url,
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    url.replaceAll("%20", "+"),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll("'", "''"),
  ];
}
