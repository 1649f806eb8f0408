import { SnowflakeFailure, syntaxFailure } from "./failure.ts";
import type { Rowset, UpstreamSession } from "./upstream.ts";

const TABLE = '(?:"[^"]+"\\.)*"[^"]+"';
const MERGE = new RegExp(
  `^\\s*MERGE INTO (?<target>${TABLE}) AS (?<t>"?\\w+"?) USING (?<source>${TABLE}) AS (?<s>"?\\w+"?) ON (?<on>.+?)` +
    `(?:\\s+WHEN MATCHED THEN UPDATE SET (?<set>.+?))?(?:\\s+WHEN NOT MATCHED THEN INSERT \\((?<columns>.+?)\\) VALUES \\((?<values>.+)\\))?\\s*$`,
  "is",
);

/**
 * A MERGE of the shape that loads use, as UPDATE and INSERT: fakesnow's own makes a table, which DuckDB does not allow in a
 * transaction that has written. Rows of the target that several rows match are refused, as ERROR_ON_NONDETERMINISTIC_MERGE does by
 * default (Snowflake documentation, "MERGE", nondeterministic results).
 */
export async function merge(sql: string, session: UpstreamSession): Promise<Rowset> {
  const { target, t, source, s, on, set, columns, values } = MERGE.exec(sql)?.groups ?? {};
  if (target === undefined) throw syntaxFailure("the stand-in does not know this form of MERGE");
  const joined = `FROM ${target} AS ${t} JOIN ${source} AS ${s} ON ${on}`;
  const times = await session.run(
    `SELECT COUNT(*) FROM (SELECT COUNT(*) AS "N" ${joined} GROUP BY ${t}."ROWID" HAVING COUNT(*) > 1)`,
  );
  if (set !== undefined && times.rows[0]?.[0] !== "0") {
    throw new SnowflakeFailure("100090", "42P18", "Duplicate row detected during DML action");
  }
  const updated =
    set === undefined
      ? "0"
      : await countOf(session, `UPDATE ${target} AS ${t} SET ${set} FROM ${source} AS ${s} WHERE ${on}`);
  const inserted =
    columns === undefined
      ? "0"
      : await countOf(
          session,
          `INSERT INTO ${target} (${columns}) SELECT ${values} FROM ${source} AS ${s} WHERE NOT EXISTS (SELECT 1 FROM ${target} AS ${t} WHERE ${on})`,
        );
  const count = (name: string) => ({ name, type: "fixed", nullable: false, precision: 19, scale: 0 });
  return { rowtype: [count("number of rows inserted"), count("number of rows updated")], rows: [[inserted, updated]] };
}

async function countOf(session: UpstreamSession, sql: string): Promise<string> {
  return (await session.run(sql)).rows[0]?.[0] ?? "0";
}
