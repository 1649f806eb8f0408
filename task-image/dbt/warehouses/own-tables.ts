import { makeOnce } from "../../loading/own-tables.ts";
import { NODES_TABLE, PROJECTS_TABLE } from "../../loading/state-tables.ts";
import {
  type Cell,
  insertRows,
  type OpenedSession,
  ownName,
  ownTable,
  type WarehouseSession,
} from "../../loading/warehouse-session.ts";
import { quoteIdentifier } from "../../sql/identifier.ts";
import type { Keeping, NodeResultsTable, ProjectKey, RelationColumn, ResultsOwner } from "./dbt-warehouse.ts";

/** Bytes of a text that every warehouse takes. A result that is longer is not kept: its node runs again. */
const TEXT_BYTES = 65_535;
/** Rows of runs that are older than this are taken away. */
const KEPT_MS = 30 * 24 * 3600 * 1000;
/** Characters of a part of a project, as base64. */
const PART = 48_000;

const COLUMNS = {
  [NODES_TABLE]: {
    run_uid: "varchar(64) NOT NULL",
    node: "varchar(256) NOT NULL",
    content: "varchar(128) NOT NULL",
    unique_id: "varchar(1024) NOT NULL",
    result: `varchar(${TEXT_BYTES}) NOT NULL`,
    written_at: "timestamp NOT NULL",
  },
  [PROJECTS_TABLE]: {
    run_uid: "varchar(64) NOT NULL",
    node: "varchar(256) NOT NULL",
    digest: "varchar(64) NOT NULL",
    part: "integer NOT NULL",
    project: `varchar(${TEXT_BYTES}) NOT NULL`,
    written_at: "timestamp NOT NULL",
  },
} as const;

/** What kelt keeps beside the models, in SQL that all warehouses have: no key, no array, no upsert. */
export function openKeeping(session: OpenedSession, wallClock: () => number): Keeping {
  return {
    results: (schema, owner) => resultsTable(ownTableOf(session, schema, NODES_TABLE, wallClock), owner),
    keepProject: async (schema, key, bytes) => {
      const table = ownTableOf(session, schema, PROJECTS_TABLE, wallClock);
      await table.make();
      const text = bytes.toString("base64");
      const parts = Array.from({ length: Math.ceil(text.length / PART) }, (_, part): Cell[] => {
        return [key.runUid, key.node, key.digest, part, text.slice(part * PART, (part + 1) * PART)];
      });
      await table.replace(keyOf(key), ["run_uid", "node", "digest", "part", "project"], parts);
    },
    findProject: async (schema, key) => {
      const table = ownTableOf(session, schema, PROJECTS_TABLE, wallClock);
      if (!(await table.isThere())) return undefined;
      const rows = await table.select(["project"], keyOf(key), "part");
      return rows.length === 0 ? undefined : Buffer.from(rows.map(({ project }) => String(project)).join(""), "base64");
    },
    columnsOf: (relations) => columnsOf(session, relations),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

function keyOf({ runUid, node, digest }: ProjectKey): Readonly<Record<string, string>> {
  return { run_uid: runUid, node, digest };
}

function resultsTable(table: ReturnType<typeof ownTableOf>, { runUid, node, content }: ResultsOwner): NodeResultsTable {
  let isMade = false;
  return {
    read: async () => {
      if (!(await table.isThere())) return new Map();
      const rows = await table.select(["unique_id", "result"], { run_uid: runUid, node, content }, "unique_id");
      return new Map(rows.map(({ unique_id: id, result }) => [String(id), String(result)] as const));
    },
    write: async (results) => {
      if (!isMade) await table.make();
      isMade = true;
      const kept = [...results].filter(([, result]) => Buffer.byteLength(result) <= TEXT_BYTES);
      const rows = kept.map(([id, result]): Cell[] => [runUid, node, content, id, result]);
      const old = { run_uid: runUid, node, unique_id: [...results.keys()] };
      await table.replace(old, ["run_uid", "node", "content", "unique_id", "result"], rows);
    },
  };
}

/** What a column of a row is equal to, or one of. */
type Condition = Readonly<Record<string, string | readonly string[]>>;

function ownTableOf(session: WarehouseSession, schema: string, name: keyof typeof COLUMNS, wallClock: () => number) {
  const { dialect } = session;
  const owner = dialect.fold(schema);
  const table = ownTable(dialect, owner, name);
  const own = (column: string) => ownName(dialect, column);
  const where = (condition: Condition) => {
    const values = Object.values(condition).flat();
    let place = 0;
    const next = () => {
      place += 1;
      return dialect.value(place);
    };
    const parts = Object.entries(condition).map(([column, wanted]) =>
      typeof wanted === "string" ? `${own(column)} = ${next()}` : `${own(column)} IN (${wanted.map(next).join(", ")})`,
    );
    return { sql: parts.join(" AND "), values };
  };
  const isThere = async () => {
    const sql = `SELECT table_name FROM information_schema.tables WHERE table_schema = ${dialect.value(1)} AND table_name = ${dialect.value(2)}`;
    return (await session.select(sql, [owner, dialect.fold(name)])).length > 0;
  };
  return {
    isThere,
    make: async () => {
      if (await isThere()) {
        const before = new Date(wallClock() - KEPT_MS).toISOString().slice(0, 19).replace("T", " ");
        await session.write(`DELETE FROM ${table} WHERE ${own("written_at")} < ${dialect.moment(dialect.value(1))}`, [
          before,
        ]);
        return;
      }
      const columns = Object.entries(COLUMNS[name]).map(([column, type]) => `${own(column)} ${type}`);
      await makeOnce(async () => {
        await session.write(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(owner)}`);
        return await session.write(`CREATE TABLE IF NOT EXISTS ${table} (${columns.join(", ")})`);
      }, isThere);
    },
    select: async (columns: readonly string[], condition: Condition, order: string) => {
      const { sql, values } = where(condition);
      return await session.select(
        `SELECT ${columns.map(own).join(", ")} FROM ${table} WHERE ${sql} ORDER BY ${own(order)}`,
        values,
      );
    },
    /** In one transaction. */
    replace: async (old: Condition, columns: readonly string[], rows: readonly (readonly Cell[])[]) => {
      const { sql, values } = where(old);
      await session.write("BEGIN");
      try {
        await session.write(`DELETE FROM ${table} WHERE ${sql}`, values);
        await insertRows(session, table, [...columns, "written_at"], rows);
        await session.write("COMMIT");
      } catch (error) {
        await session.write("ROLLBACK").catch(() => undefined);
        throw error;
      }
    },
  };
}

async function columnsOf(
  session: WarehouseSession,
  relations: readonly (readonly [schema: string, name: string])[],
): Promise<readonly RelationColumn[]> {
  const { dialect } = session;
  const schemas = [...new Set(relations.map(([schema]) => dialect.fold(schema)))];
  const places = schemas.map((_, index) => dialect.value(index + 1)).join(", ");
  const rows = await session.select(
    `SELECT table_schema AS table_schema, table_name AS table_name, column_name AS column_name FROM information_schema.columns WHERE table_schema IN (${places})`,
    schemas,
  );
  const wanted = new Map(
    relations.map(([schema, relation]) => [
      JSON.stringify([dialect.fold(schema), dialect.fold(relation)]),
      { schema, relation },
    ]),
  );
  return rows.flatMap((row): RelationColumn[] => {
    const found = wanted.get(JSON.stringify([String(row.table_schema), String(row.table_name)]));
    return found === undefined ? [] : [{ ...found, column: String(row.column_name) }];
  });
}
