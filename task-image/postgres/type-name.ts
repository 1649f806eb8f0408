import { ConfigurationError, type TaskFailure } from "../errors.ts";
import { databaseFailure, isServerError } from "./failure.ts";
import type { Session } from "./session.ts";

const SELECT = "SELECT ";
const SEPARATOR = ", ";

/**
 * Column → type as format_type writes it, of types as people write them: `VARCHAR(3)` is `character varying(3)`. Throws a TaskFailure for
 * one that the server does not know, and for a domain: rows would get its base type, without its checks. `place` is where they are declared.
 */
export async function canonicalTypes(
  session: Session,
  written: ReadonlyMap<string, string>,
  place: string,
): Promise<ReadonlyMap<string, string>> {
  if (written.size === 0) return written;
  const casts = [...written.values()].map((type) => `NULL::${type}`);
  const { fields } = await session.query(`${SELECT}${casts.join(SEPARATOR)}`).catch((error: unknown) => {
    throw wrongType(error, written, casts, place);
  });
  await refuseDomains(session, written, casts, place);
  const { rows } = await session.query<{ type: string }>(
    `SELECT pg_catalog.format_type(f.id, f.modifier) AS type
     FROM ROWS FROM (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::int[])) WITH ORDINALITY AS f(id, modifier, place) ORDER BY f.place`,
    [fields.map(({ dataTypeID }) => dataTypeID), fields.map(({ dataTypeModifier }) => dataTypeModifier)],
  );
  return new Map([...written.keys()].map((name, index) => [name, rows[index]?.type ?? written.get(name) ?? "text"]));
}

/** The server says where in the statement the type stands that it does not take, in characters from 1. */
function wrongType(
  error: unknown,
  written: ReadonlyMap<string, string>,
  casts: readonly string[],
  place: string,
): TaskFailure {
  const position = isServerError(error) ? Number(error.position ?? 0) : 0;
  let end = SELECT.length;
  for (const [index, [column, type]] of [...written].entries()) {
    end += (casts[index]?.length ?? 0) + SEPARATOR.length;
    if (position > 0 && position <= end) return databaseFailure(error, `${place}.${column}: type ${type}`);
  }
  return databaseFailure(error, place);
}

async function refuseDomains(
  session: Session,
  written: ReadonlyMap<string, string>,
  casts: readonly string[],
  place: string,
): Promise<void> {
  const own = casts.map((cast) => `pg_catalog.pg_typeof(${cast})::oid`);
  const { rows } = await session.query<{ place: string; base: string }>(
    `SELECT d.place, pg_catalog.format_type(t.typbasetype, t.typtypmod) AS base
     FROM pg_catalog.unnest(ARRAY[${own.join(SEPARATOR)}]) WITH ORDINALITY AS d(id, place)
     JOIN pg_catalog.pg_type AS t ON t.oid = d.id WHERE t.typtype = 'd' ORDER BY d.place LIMIT 1`,
  );
  const [domain] = rows;
  if (domain === undefined) return;
  const [column, type] = [...written][Number(domain.place) - 1] ?? [];
  throw new ConfigurationError(
    "DomainType",
    `${place}.${column}: ${type} is a domain, and the column would be made without its checks. Declare ${domain.base}, and check the values in a test`,
  );
}
