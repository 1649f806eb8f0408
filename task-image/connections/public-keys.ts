import { ConfigurationError } from "../errors.ts";

/**
 * Keys of a Secret whose values messages quote: they say where, and open nothing. Each has the form that its values have, so that
 * a connection string or a password which somebody has put there is not taken for one of them.
 */
const NAME = /^(?!.*:\/\/)(?!.*:.*@)(?!.*\b(?:password|passwd|pwd)\s*=)[^\r\n]*$/i;
const FORMS: Readonly<Record<string, RegExp>> = {
  host: /^(?:[A-Za-z0-9_.:%[\]-]+|\/[A-Za-z0-9_./-]*)$/,
  allowedHosts: /^(?:http:\/\/|[A-Za-z0-9_.:*,\s[\]-])+$/,
  port: /^[0-9]+$/,
  dbname: NAME,
  database: NAME,
  user: NAME,
  username: NAME,
  sslmode: /^[a-z-]+$/,
  sslrootcert: /^(?:system|(?!.*PRIVATE KEY).*)$/s,
  "ca.crt": /^(?!.*PRIVATE KEY).*$/s,
  known_hosts: /^(?!.*PRIVATE KEY).*$/s,
};
/** What the value of a key is, for the message about one that is not. */
const EXPECTED: Readonly<Record<string, string>> = {
  host: "the name or address of one host",
  allowedHosts: "names of hosts with commas between",
  port: "a whole number from 1 to 65535",
  sslmode: "a word such as verify-full",
  sslrootcert: "certificates in PEM",
  "ca.crt": "certificates in PEM",
  known_hosts: "lines of ssh's known_hosts",
};

/** Keys whose values may hold any character, and those that part a name from a password in the forms in which people write both at once. */
const NAMES: readonly string[] = ["dbname", "database", "user", "username"];
const SEPARATORS = /[\s:/;|,]/;

/** Whether messages may quote the value of a key. Whatever is not public is a secret: so is `ada:hunter22` as a user, though it can be one. */
export function isPublic(key: string, value: string): boolean {
  return hasForm(key, value) && !(NAMES.includes(key) && SEPARATORS.test(value));
}

function hasForm(key: string, value: string): boolean {
  return FORMS[key]?.test(value) ?? false;
}

/** Why the value of a key that messages quote cannot be used, without a word of it; undefined for one that can. */
export function misplacedValue(
  connection: string,
  where: string,
  key: string,
  value: string,
): ConfigurationError | undefined {
  if (FORMS[key] === undefined || hasForm(key, value)) return undefined;
  const subject = `connection ${connection}: ${where}`;
  const expected = EXPECTED[key] ?? "a name";
  const hint = "The value is not shown, because it may hold a password";
  if (/:\/\/|@|=/.test(value)) {
    return new ConfigurationError(
      "BadConnection",
      `${subject} holds what looks like a connection string or a URL with credentials: expected ${expected}. ${hint}. Put a whole postgres:// URI under the key uri of the Secret, or only the part that belongs here`,
    );
  }
  return new ConfigurationError("BadConnection", `${subject}: expected ${expected}, found something else. ${hint}`);
}
