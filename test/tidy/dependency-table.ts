import { DBT, DOCS, GIT } from "./dbt-layers.ts";
import { OPERATOR } from "./operator-layers.ts";

/** What the files of a folder, or one file, may import. Whatever is not named here may not be imported. */
export interface Layer {
  /** A folder, or a file that stands beside the folders. */
  readonly of: string;
  /** Folders and files of the repository. */
  readonly imports: readonly string[];
  /** Folders, files and packages of which only types may be imported: they leave nothing behind at run time. */
  readonly types?: readonly string[];
  /** npm packages and Node's own modules; `node:*` is any of these. */
  readonly packages?: readonly string[];
  /** No I/O, no clock, no chance: what the code answers depends on what it is asked alone. */
  readonly pure?: true;
}

/** The contract with the operator; the only folder of it that the task image knows. */
const API = "operator/api";
const ERRORS = "task-image/errors.ts";
/** What the operator learns of the work, and how. */
const REPORT = "task-image/report";
/** Where sockets may go. */
const NETWORK = "task-image/network";
/** What of other programs' words may be told. */
const WORDS = "task-image/words";
/** How SQL writes names and texts. */
const SQL = "task-image/sql";
/** Every kind of warehouse, by verb. */
const WAREHOUSES = "task-image/warehouses.ts";

const TASK_IMAGE: readonly Layer[] = [
  { of: WORDS, imports: [], pure: true },
  { of: "task-image/globs", imports: [], pure: true },
  { of: ERRORS, imports: [API, WORDS] },
  { of: "task-image/redaction", imports: [], pure: true },
  { of: "task-image/redaction.ts", imports: ["task-image/redaction"] },
  { of: "task-image/log.ts", imports: ["task-image/redaction.ts", WORDS] },
  {
    of: REPORT,
    imports: [API, NETWORK, WORDS],
    types: ["task-image/log.ts", "task-image/redaction.ts", "task-image/result.ts"],
    packages: ["node:*"],
  },
  {
    of: "task-image/result.ts",
    imports: [API, "task-image/report/shown-text.ts"],
    types: ["task-image/commands", ERRORS, "task-image/redaction.ts"],
  },
  { of: NETWORK, imports: [ERRORS], types: [API], packages: ["node:*"] },
  { of: "task-image/jinja", imports: ["operator/api/nearest-name.ts", WORDS], pure: true },
  { of: "task-image/json", imports: [WORDS], pure: true },
  { of: SQL, imports: [], pure: true },
  {
    of: "task-image/checks",
    imports: [API, "task-image/loading", SQL, WORDS],
    types: ["task-image/commands", ERRORS],
    pure: true,
  },
  ...DBT,
  {
    of: "task-image/connections",
    imports: [ERRORS],
    types: [API, "task-image/commands", "task-image/redaction.ts"],
    packages: ["node:*"],
  },
  {
    of: "task-image/http",
    imports: ["operator/api/retry-after.ts", "task-image/connections", ERRORS, NETWORK, WORDS],
    types: [API, "task-image/commands", "task-image/redaction.ts"],
    packages: ["undici", "node:*"],
  },
  { of: "task-image/formats", imports: [ERRORS, SQL, WORDS], packages: ["node:*"] },
  {
    of: "task-image/parquet",
    imports: [ERRORS, SQL, WORDS],
    types: ["task-image/formats"],
    packages: ["@duckdb/node-api", "node:*"],
  },
  { of: "task-image/files", imports: [ERRORS], types: [SQL], packages: ["node:*"] },
  {
    of: "task-image/object-store",
    imports: ["task-image/connections", ERRORS, NETWORK, WORDS],
    types: [API, "task-image/commands", "task-image/files"],
    packages: ["@aws-sdk/client-s3", "zod", "node:*"],
  },
  // What every load has, wherever it goes.
  {
    of: "task-image/loading",
    imports: [API, ERRORS, SQL, WORDS],
    types: ["task-image/commands", "task-image/sources"],
  },
  // How rows come to Postgres: from a database, an API and files.
  {
    of: "task-image/postgres/staging",
    imports: [
      API,
      "task-image/connections",
      ERRORS,
      "task-image/formats",
      "task-image/http",
      "task-image/loading",
      "task-image/object-store",
      "task-image/postgres",
      "task-image/sources",
      SQL,
    ],
    types: ["task-image/commands"],
    packages: ["node:crypto", "node:stream"],
  },
  {
    of: "task-image/postgres/landing",
    imports: [
      ERRORS,
      "task-image/formats",
      "task-image/loading",
      "task-image/parquet",
      "task-image/postgres",
      SQL,
      WORDS,
    ],
    types: ["task-image/commands", "task-image/sources"],
    packages: ["node:crypto", "node:stream", "pg-copy-streams"],
  },
  {
    of: "task-image/postgres/parts",
    imports: [
      ERRORS,
      "task-image/formats",
      "task-image/loading",
      "task-image/parquet",
      "task-image/postgres",
      "task-image/sources",
      SQL,
    ],
    types: ["task-image/commands"],
    packages: ["node:crypto"],
  },
  {
    of: "task-image/postgres/publishing",
    imports: [ERRORS, "task-image/loading", "task-image/postgres", SQL, WORDS],
    types: [API, "task-image/commands", "task-image/sources"],
    packages: ["node:crypto"],
  },
  // A session, and what is asked of it.
  {
    of: "task-image/postgres",
    imports: [
      "task-image/checks/table-text.ts",
      "task-image/connections",
      "task-image/dbt/warehouses",
      ERRORS,
      "task-image/loading",
      NETWORK,
      SQL,
      WORDS,
    ],
    types: [API, "task-image/checks", "task-image/commands", WAREHOUSES],
    packages: ["pg", "pg-copy-streams", "node:*"],
  },
  // What warehouses share that read the objects of a bucket themselves.
  {
    of: "task-image/objects",
    imports: [
      ERRORS,
      "task-image/files",
      "task-image/formats",
      "task-image/loading",
      "task-image/object-store",
      "task-image/postgres/copy.ts",
      "task-image/postgres/failure.ts",
      "task-image/postgres/session.ts",
      "task-image/sources",
      SQL,
    ],
    types: ["task-image/commands"],
    packages: ["node:*"],
  },
  {
    of: "task-image/redshift",
    imports: [
      "task-image/connections",
      "task-image/dbt/bridge",
      "task-image/dbt/warehouses",
      ERRORS,
      "task-image/formats/csv-header.ts",
      "task-image/loading",
      "task-image/object-store",
      "task-image/postgres/commit.ts",
      "task-image/postgres/failure.ts",
      "task-image/postgres/kept-failures.ts",
      "task-image/postgres/session.ts",
      "task-image/postgres/statements.ts",
      "task-image/postgres/type-aliases.ts",
      "task-image/objects",
      SQL,
      WORDS,
    ],
    types: [
      API,
      "task-image/checks",
      "task-image/commands",
      "task-image/formats",
      "task-image/sources",
      "pg",
      WAREHOUSES,
    ],
    packages: ["node:*"],
  },
  {
    of: "task-image/snowflake",
    imports: ["task-image/connections", ERRORS, "task-image/loading", NETWORK, "task-image/objects", SQL, WORDS],
    types: [
      API,
      "task-image/checks",
      "task-image/commands",
      "task-image/formats",
      "task-image/redaction.ts",
      WAREHOUSES,
    ],
    packages: ["snowflake-sdk", "node:*"],
  },
  { of: "task-image/volumes", imports: [ERRORS], packages: ["node:*"] },
  {
    of: "task-image/sources/http",
    imports: [ERRORS, "task-image/formats", "task-image/http", "task-image/json", WORDS],
    types: [API, "zod"],
    packages: ["node:*"],
  },
  {
    of: "task-image/sources/files",
    imports: [
      "task-image/connections",
      ERRORS,
      "task-image/globs",
      "task-image/kept-report/report-object.ts",
      "task-image/object-store",
      "task-image/volumes",
    ],
    types: ["task-image/commands"],
    packages: ["node:*"],
  },
  {
    of: "task-image/sources/postgres",
    imports: ["task-image/checks", ERRORS, "task-image/loading", "task-image/postgres", SQL, WORDS],
    types: ["pg"],
  },
  ...GIT,
  ...DOCS,
  {
    of: WAREHOUSES,
    imports: ["task-image/postgres", "task-image/redshift", "task-image/snowflake"],
    types: [
      API,
      "task-image/checks",
      "task-image/commands",
      "task-image/connections",
      "task-image/dbt/warehouses",
      "task-image/loading",
    ],
  },
  {
    of: "task-image/commands",
    imports: [
      API,
      "task-image/checks",
      "task-image/connections",
      "task-image/dbt",
      "task-image/docs",
      ERRORS,
      "task-image/files",
      "task-image/git",
      "task-image/http",
      "task-image/object-store",
      "task-image/packages",
      "task-image/postgres",
      "task-image/projects",
      "task-image/sources",
      SQL,
      WAREHOUSES,
      WORDS,
    ],
    types: ["task-image/log.ts", "task-image/redaction.ts", REPORT, "task-image/threads"],
  },
  {
    of: "task-image/kept-report",
    imports: [API, ERRORS, "task-image/loading", "task-image/object-store", "task-image/postgres", WAREHOUSES, WORDS],
    types: ["task-image/commands"],
    packages: ["zod"],
  },
  { of: "task-image/task.ts", imports: [API, "task-image/commands", ERRORS, "task-image/postgres", WORDS] },
  {
    of: "task-image/main.ts",
    imports: [
      API,
      ERRORS,
      "task-image/kept-report",
      "task-image/log.ts",
      "task-image/redaction.ts",
      REPORT,
      "task-image/result.ts",
      "task-image/task.ts",
      NETWORK,
      WORDS,
    ],
    types: ["task-image/commands"],
    packages: ["node:*"],
  },
];

/** Every dependency that is allowed, of both programs, from the inside to the outside. */
export const LAYERS: readonly Layer[] = [...OPERATOR, ...TASK_IMAGE];

/** Files that something other than an import starts: processes and threads. */
export const ENTRY_POINTS: readonly string[] = [
  "operator/main.ts",
  "task-image/dbt/run/read-worker.ts",
  "task-image/dbt/run/run-worker.ts",
  "task-image/docs/docs-worker.ts",
  "task-image/docs/page/main.ts",
  "task-image/git/pack-worker.ts",
  "task-image/main.ts",
];

/** The rows of `program` as a Markdown table, for the map of that program. */
export function formatLayers(program: "operator" | "task-image"): string {
  const short = (target: string) => `\`${target.replace(`${program}/`, "")}\``;
  const list = (targets: readonly string[] = []) => targets.map(short).join(", ") || "nothing";
  const rows = LAYERS.filter(({ of }) => of.startsWith(`${program}/`)).map(({ of, imports, types, packages, pure }) => {
    const kind = pure === true ? "pure" : "";
    return `| ${short(of)} | ${kind} | ${list(imports)} | ${list(packages)} | ${list(types)} |`;
  });
  return ["| of | | imports | packages | types of |", "| --- | --- | --- | --- | --- |", ...rows, ""].join("\n");
}
