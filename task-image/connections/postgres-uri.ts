/** What a `postgres://` URI says, in libpq's words. Parts it does not name are missing. */
export type PostgresUri = Readonly<
  Partial<Record<"host" | "port" | "dbname" | "user" | "password" | "sslmode", string>>
>;

const URI = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const PARAMETERS = ["host", "port", "dbname", "user", "password", "sslmode"] as const;

/**
 * The parts of a connection URI as libpq reads them (PostgreSQL documentation, 32.1.1.2), percent-encoding undone; parameters
 * of the query win. A sslrootcert is left out: it is a path of another machine. Undefined when it is not such a
 * URI, names several hosts, or has an @ beyond the one before the host.
 */
export function parsePostgresUri(uri: string): PostgresUri | undefined {
  const match = URI.exec(uri);
  if (match === null) return undefined;
  const [, login = "", address = "", database = "", query = ""] = match;
  // An @ that is left over belongs to a password whose @, / or ? is not encoded: its rest would be taken for a host or a database.
  if (address.includes(",") || [address, database, query].some((part) => part.includes("@"))) return undefined;
  const colon = login.indexOf(":");
  const place = /^(\[[^\]]*\]|[^:]*)(?::([0-9]*))?$/.exec(address);
  if (place === null) return undefined;
  try {
    const named = new Map(query.split("&").map((pair) => splitAt(pair, pair.indexOf("="))));
    const parts: Record<string, string> = {
      user: decodeURIComponent(colon < 0 ? login : login.slice(0, colon)),
      password: decodeURIComponent(colon < 0 ? "" : login.slice(colon + 1)),
      host: decodeURIComponent((place[1] ?? "").replace(/^\[(.*)\]$/, "$1")),
      port: place[2] ?? "",
      dbname: decodeURIComponent(database),
    };
    for (const name of PARAMETERS) {
      const value = named.get(name);
      if (value !== undefined) parts[name] = decodeURIComponent(value);
    }
    return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== ""));
  } catch {
    return undefined;
  }
}

function splitAt(text: string, index: number): [string, string] {
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}
