import type { BenchmarkLine } from "./benchmark-line.ts";
import { benchFile } from "./s3-files.ts";

const COLUMNS = {
  id: "bigint",
  title: "text",
  price: "numeric",
  release_date: "date",
  seen_at: "timestamp with time zone",
  available: "boolean",
  code: "text",
};

/** A packed CSV file of declared types from S3, against `gunzip | psql \copy` of the same bytes into the same types. */
export function s3Csv(megabytes: number): Promise<BenchmarkLine> {
  const types = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`);
  return benchFile({
    benchmark: "s3-csv",
    megabytes,
    key: "titles.csv.gz",
    header: `${Object.keys(COLUMNS).join(",")}\n`,
    row: (i) =>
      `${i},"title, number ${i}",${(i % 10_000) / 100},2020-01-${String((i % 28) + 1).padStart(2, "0")},2020-01-01 00:00:${String(i % 60).padStart(2, "0")}+00,${i % 2 === 0},${((i * 2_654_435_761) % 4_294_967_296).toString(16)}\n`,
    columns: COLUMNS,
    createTable: `CREATE TABLE titles (${types.join(", ")})`,
    script: `gunzip -c "$FILE" | "$PSQL" -X -q -c '\\copy titles FROM STDIN (FORMAT csv, HEADER true)'`,
  });
}
