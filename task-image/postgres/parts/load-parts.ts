import { createHash } from "node:crypto";
import { DataError } from "../../errors.ts";
import type { FileFormat } from "../../formats/file-format.ts";
import { PARTS_TABLE } from "../../loading/state-tables.ts";
import type { SourceFile } from "../../sources/files/file-source.ts";
import { quoteLiteral, quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import type { Session } from "../session.ts";

/**
 * A load that several pods do together. Its parts stand in `_kelt_parts` of the target's schema, from the moment that the first
 * pod has dealt out the files to the commit of the load.
 *
 * | state   | what is true                                                    | what leaves it                          |
 * |---------|-----------------------------------------------------------------|-----------------------------------------|
 * | planned | its files are fixed                                             | its pod commits what it has landed      |
 * | landed  | its rows are committed in tables of their own, named in `tables` | the load is committed: the row is gone |
 * | dropped | its load has failed, or stood still for a day                   | a month passes: the row is gone         |
 *
 * A part that was dropped is remembered, because a pod that came late would otherwise begin a load of which others think that it
 * is done.
 */
export interface LoadPart {
  readonly part: number;
  readonly state: "planned" | "landed" | "dropped";
  readonly share: readonly SharedTable[];
  /** Missing until it has landed: what came of each table of `share`, in its order. */
  readonly landed?: LandedPart;
}

/** What a part does for one table. */
export interface SharedTable {
  readonly source: string;
  readonly target: TableName;
  readonly format: FileFormat;
  readonly files: readonly SourceFile[];
  /** Place of the table among those of the load. */
  readonly order: number;
  /** Number of the first of the files, counted over all parts of the load. */
  readonly firstFile: number;
}

export interface LandedPart {
  readonly tables: readonly LandedShare[];
  /** The table of rejected rows, in the columns of `_kelt_rejects`. */
  readonly rejects: string;
}

export interface LandedShare {
  readonly table: string;
  readonly rows: number;
  readonly rejected: number;
  readonly bytes: number;
  readonly columns: readonly {
    readonly name: string;
    readonly key?: string;
    readonly type?: string;
    readonly classes?: number;
  }[];
}

/** Parts of a load in which nothing has moved this long belong to nobody any more. */
const ABANDONED_AFTER = "1 day";
/** A part that was dropped is remembered this long: longer than any Job lives. */
const FORGOTTEN_AFTER = "30 days";

/** The table that a part's rows for a target land in. It is made and committed in one transaction, so no attempt leaves half of it. */
export function shareTable(loadId: string, part: number, { schema, table }: TableName): TableName {
  return { schema, table: `_kelt_share_${digest(`${loadId}/${table}`)}_${part}` };
}

/** The table that a part's rejected rows land in. */
export function shareRejects(schema: string, loadId: string, part: number): TableName {
  return { schema, table: `_kelt_share_${digest(loadId)}_${part}_rejects` };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** The parts of a load in their order; none while its files are not dealt out. */
export async function findParts(session: Session, schema: string, loadId: string): Promise<readonly LoadPart[]> {
  const { rows } = await session.query<Omit<LoadPart, "landed"> & { landed: LandedPart | null }>(
    `SELECT part, state, share, landed FROM ${partsTable(schema)} WHERE load_id = $1 ORDER BY part`,
    [loadId],
  );
  return rows.map(({ landed, ...row }) => (landed === null ? row : { ...row, landed }));
}

/** Fixes what each part does, unless another pod has done so: its word stands. */
export async function planParts(
  session: Session,
  schema: string,
  loadId: string,
  shares: readonly (readonly SharedTable[])[],
): Promise<void> {
  const targets = [...new Set(shares.flat().map(({ target }) => showTable(target)))];
  // One statement inserts all of them in one order: who comes second waits for the first, and then inserts none.
  await session.query(
    `INSERT INTO ${partsTable(schema)} (load_id, part, state, targets, share)
     SELECT $1, s.part - 1, 'planned', $2, s.share FROM pg_catalog.jsonb_array_elements($3::jsonb) WITH ORDINALITY AS s(share, part)
     ORDER BY s.part ON CONFLICT (load_id, part) DO NOTHING`,
    [loadId, targets, JSON.stringify(shares)],
  );
}

/** Takes a part until the transaction ends: another pod of the same part waits here. Answers its state then. */
export async function takePart(
  session: Session,
  schema: string,
  loadId: string,
  part: number,
): Promise<LoadPart["state"] | undefined> {
  const { rows } = await session.query<{ state: LoadPart["state"] }>(
    `SELECT state FROM ${partsTable(schema)} WHERE load_id = $1 AND part = $2 FOR UPDATE`,
    [loadId, part],
  );
  return rows[0]?.state;
}

/** Says what has landed, in the transaction of the rows. */
export async function markLanded(
  session: Session,
  schema: string,
  { loadId, part, landed }: { readonly loadId: string; readonly part: number; readonly landed: LandedPart },
): Promise<void> {
  const tables = [...landed.tables.map(({ table }) => table), landed.rejects];
  await session.query(
    `UPDATE ${partsTable(schema)} SET state = 'landed', landed = $3, tables = $4, moved_at = pg_catalog.clock_timestamp()
     WHERE load_id = $1 AND part = $2`,
    [loadId, part, JSON.stringify(landed), tables],
  );
}

/** Forgets the parts of a load, in the transaction that commits it. */
export async function forgetParts(session: Session, schema: string, loadId: string): Promise<void> {
  await session.query(`DELETE FROM ${partsTable(schema)} WHERE load_id = $1`, [loadId]);
}

/** Throws a DataError unless all parts are there, none of them dropped: what is missing cannot be landed by this run any more. */
export function refuseDropped(parts: readonly Pick<LoadPart, "state">[], of: number): void {
  if (parts.length === of && parts.every(({ state }) => state !== "dropped")) return;
  throw new DataError(
    "PartsDropped",
    `the parts that this load had landed were dropped, because one of them failed or none of them moved for ${ABANDONED_AFTER}. Nothing has been published. Run the pipeline again`,
  );
}

/** Drops what a load that has failed for good has landed. Parts that another pod works on right now are left to the next load. */
export async function dropParts(session: Session, schema: string, loadId: string): Promise<void> {
  await dropWhere(session, schema, "p.load_id = $1", [loadId]);
}

/**
 * Drops what abandoned loads of these targets have landed, while the targets are locked: nobody publishes it meanwhile. Tables of
 * another role, who may drop them, are left to that role's next load.
 */
export async function dropLeftShares(session: Session, schema: string, targets: readonly TableName[]): Promise<void> {
  if (!(await mayDrop(session, schema))) return;
  const before = (age: string) => `(pg_catalog.clock_timestamp() - interval '${age}')`;
  const abandoned = `p.targets && $1::text[] AND NOT EXISTS (
    SELECT FROM ${partsTable(schema)} AS q WHERE q.load_id = p.load_id AND q.moved_at > ${before(ABANDONED_AFTER)})`;
  await dropWhere(session, schema, abandoned, [targets.map(showTable)]);
  await session.query(
    `DELETE FROM ${partsTable(schema)} WHERE state = 'dropped' AND moved_at < ${before(FORGOTTEN_AFTER)}`,
  );
}

/** Whether there is a table of parts, and one that this role may change. */
async function mayDrop(session: Session, schema: string): Promise<boolean> {
  const rights = ["SELECT", "UPDATE", "DELETE"].map((right) => `pg_catalog.has_table_privilege(c.oid, '${right}')`);
  const { rows } = await session.query(
    `SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = pg_catalog.to_regclass($1) AND ${rights.join(" AND ")}`,
    [partsTable(schema)],
  );
  return rows.length > 0;
}

async function dropWhere(
  session: Session,
  schema: string,
  condition: string,
  values: readonly unknown[],
): Promise<void> {
  const { rows } = await session.query<{ load: string; part: number; tables: string[] }>(
    `SELECT p.load_id AS load, p.part, p.tables FROM ${partsTable(schema)} AS p
     WHERE p.state <> 'dropped' AND ${condition} AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       WHERE n.nspname = ${quoteLiteral(schema)} AND c.relname = ANY (p.tables)
         AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE'))
     FOR UPDATE SKIP LOCKED`,
    values,
  );
  for (const { load, part, tables } of rows) {
    for (const table of tables) await session.query(`DROP TABLE IF EXISTS ${quoteTable({ schema, table })}`);
    await session.query(
      `UPDATE ${partsTable(schema)} SET state = 'dropped', tables = '{}', landed = NULL, moved_at = pg_catalog.clock_timestamp()
       WHERE load_id = $1 AND part = $2`,
      [load, part],
    );
  }
}

function partsTable(schema: string): string {
  return quoteTable({ schema, table: PARTS_TABLE });
}
