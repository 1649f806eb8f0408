import type { Session } from "./session.ts";

/**
 * Column → type as format_type writes it, of types as people write them: `VARCHAR(3)` is `character varying(3)`. Throws the server's
 * error for one that it does not know.
 */
export async function canonicalTypes(
  session: Session,
  written: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  if (written.size === 0) return written;
  const casts = [...written.values()].map((type) => `NULL::${type}`);
  const { fields } = await session.query(`SELECT ${casts.join(", ")}`);
  const { rows } = await session.query<{ type: string }>(
    `SELECT pg_catalog.format_type(f.id, f.modifier) AS type
     FROM ROWS FROM (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::int[])) WITH ORDINALITY AS f(id, modifier, place) ORDER BY f.place`,
    [fields.map(({ dataTypeID }) => dataTypeID), fields.map(({ dataTypeModifier }) => dataTypeModifier)],
  );
  return new Map([...written.keys()].map((name, index) => [name, rows[index]?.type ?? written.get(name) ?? "text"]));
}
