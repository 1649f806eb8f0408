import type { BenchmarkLine } from "./benchmark-line.ts";
import { benchFile } from "./s3-files.ts";

const COLUMNS = {
  id: "bigint",
  title: "text",
  price: "numeric",
  seen_at: "timestamptz",
  available: "boolean",
  page: "text",
};
const SHAPE = Object.entries(COLUMNS)
  .map(([name, type]) => `${name} ${type}`)
  .join(", ");

/**
 * JSON lines from S3 into a table of declared types, against psql, which loads the same lines into jsonb and expands them in SQL
 * into the same types.
 */
export function s3Json(megabytes: number): Promise<BenchmarkLine> {
  return benchFile({
    benchmark: "s3-json",
    megabytes,
    key: "titles.jsonl",
    header: "",
    columns: COLUMNS,
    row: (i) =>
      `{"id":${i},"title":"title number ${i}","price":${(i % 10_000) / 100},"seen_at":"2020-01-01T00:00:${String(i % 60).padStart(2, "0")}Z","available":${i % 2 === 0},"page":"${i % 3 === 0 ? "NextSong" : "Home"}"}\n`,
    createTable: `CREATE TABLE titles (${SHAPE})`,
    script: `"$PSQL" -X -q -v ON_ERROR_STOP=1 -c 'CREATE TABLE lines (doc jsonb)' \\
      -c '\\copy lines FROM PROGRAM '"'cat $FILE'"' (FORMAT csv, QUOTE e'"'\\x01'"', DELIMITER e'"'\\x02'"')' \\
      -c 'INSERT INTO titles SELECT x.* FROM lines, jsonb_to_record(doc) AS x(${SHAPE})' \\
      -c 'DROP TABLE lines'`,
  });
}
