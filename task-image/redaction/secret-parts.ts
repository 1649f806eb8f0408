/** `user:password@` of any URL, with or without what goes before it, however wrong it is encoded: up to the last @ before a space. */
const URL_LOGIN = /(?:\/\/|^)([^\s:@/]*):(?!\/\/)([^\s]*)@/g;
/** `//user:password` without a host; `//host:5432` does not count. */
const URL_END = /\/\/[^\s:@/]+:(?![0-9]+$)([^\s@/]+)$/g;
/** `password=…` of a libpq string (PostgreSQL documentation, 32.1.1.1), of a URL's query, of an ADO or JDBC string. */
const ASSIGNED = /\b(?:password|passwd|pwd|secret|token|key)\s*=\s*('(?:\\.|[^'\\])*'|[^\s;&]+)/gi;
/** Shorter texts of a JSON document are words such as `type`, but for those whose name says otherwise. */
const JSON_TEXT_LENGTH_MIN = 8;

/**
 * A secret and its parts that are secrets too: its lines (a key), the password of a URL or a connection string, the texts of a
 * JSON document (a service account), and all of them with percent-encoding undone.
 */
export function secretParts(secret: string): readonly string[] {
  const parts = [...linesOf(secret), ...passwordsOf(secret), ...textsOf(parsed(secret)).flatMap(linesOf)];
  return [...new Set(parts.flatMap((part) => [part, percentDecoded(part)]))];
}

/** The passwords that a connection string or a URL holds. None of them may be quoted, even if the rest of it may. */
export function passwordsOf(text: string): readonly string[] {
  const inUrls = [...text.matchAll(URL_LOGIN)].flatMap(([, user = "", password = ""]) => {
    const first = password.split("@")[0] ?? "";
    return [password, first, `${user}:${password}`];
  });
  const assigned = [...text.matchAll(ASSIGNED)].map(([, value = ""]) =>
    value.startsWith("'") ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value,
  );
  const atEnd = [...text.matchAll(URL_END)].map(([, password = ""]) => password);
  return [...inUrls, ...atEnd, ...assigned];
}

/** The text, its lines, and the lines between the first and the last one as one: keys are also written so. */
function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  if (lines.length === 1) return [text];
  const body = lines.filter((line) => !line.startsWith("-----")).join("");
  return [text, text.trim(), ...lines, body];
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Names of what is a secret however short it is. */
const SECRET_NAME = /(?:pass|password|passwd|passphrase|pwd|pin|secret|token|key|credentials?)$/i;

function textsOf(value: unknown, name = ""): readonly string[] {
  if (typeof value === "string" || (typeof value === "number" && SECRET_NAME.test(name))) {
    const text = String(value);
    return text.length < JSON_TEXT_LENGTH_MIN && !SECRET_NAME.test(name) ? [] : [text];
  }
  if (Array.isArray(value)) return value.flatMap((element) => textsOf(element, name));
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, member]) => textsOf(member, key))
    : [];
}
