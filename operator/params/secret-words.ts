/** Shapes of texts that are secrets wherever they stand, each with its name. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY/, "a private key"],
  [/\b(AKIA|ASIA)[0-9A-Z]{16}\b/, "an access key of AWS"],
  [/\b(gh[opsur]_[A-Za-z0-9]{30}|github_pat_[A-Za-z0-9_]{20})/, "a token of GitHub"],
  [/\bglpat-[A-Za-z0-9_-]{20}/, "a token of GitLab"],
  [/\bxox[a-z]-[A-Za-z0-9-]{10}/, "a token of Slack"],
  [/\bhooks\.slack\.com\/services\/./, "a webhook of Slack"],
  [/\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\./, "a JSON Web Token"],
  [/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#\s:@]*:[^/?#\s@]+@/, "a URL with a password"],
  [/(^|\s)(password|passwd|pwd)=\S/i, "a password"],
];

/** What secret a text looks like; a message names that and never the text. */
export function secretShape(text: string): string | undefined {
  return SHAPES.find(([shape]) => shape.test(text))?.[1];
}

/** What a name ends with that speaks of a secret; `max_tokens` and `secret_santa` do not. */
const WORDS = ["password", "passwd", "passphrase", "pwd", "secret", "secrets", "token", "credential", "credentials"];
const PAIRS = ["api key", "private key", "access key", "secret key", "signing key", "encryption key"];

/** Whether people who read a name expect a secret behind it. */
export function namesSecret(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const last = words.at(-1) ?? "";
  return WORDS.includes(last) || last === "apikey" || PAIRS.includes(words.slice(-2).join(" "));
}
