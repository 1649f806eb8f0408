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

const OPERATOR: readonly Layer[] = [
  { of: "operator/api", imports: [], packages: ["zod"], pure: true },
  { of: "operator/graph", imports: ["operator/api"], types: ["zod"], pure: true },
  { of: "operator/run", imports: ["operator/api", "operator/graph"], pure: true },
  {
    of: "operator/job",
    imports: ["operator/api", "operator/graph"],
    types: ["@kubernetes/client-node"],
    packages: ["node:crypto"],
    pure: true,
  },
  { of: "operator/kube", imports: ["operator/api"], packages: ["@kubernetes/client-node", "undici", "node:*"] },
  {
    of: "operator/telemetry",
    imports: ["operator/api", "operator/run"],
    packages: ["pino", "prom-client", "node:http"],
  },
  {
    of: "operator/controllers",
    imports: ["operator/api", "operator/job", "operator/kube", "operator/run", "operator/telemetry"],
    types: ["pino"],
    packages: ["node:crypto"],
  },
  { of: "operator/version.ts", imports: [] },
  { of: "operator/settings.ts", imports: ["operator/api"], types: ["operator/job"], packages: ["zod"] },
  {
    of: "operator/operator.ts",
    imports: ["operator/api", "operator/controllers", "operator/kube"],
    types: ["operator/settings.ts", "operator/telemetry", "pino"],
  },
  {
    of: "operator/main.ts",
    imports: [
      "operator/kube",
      "operator/operator.ts",
      "operator/settings.ts",
      "operator/telemetry",
      "operator/version.ts",
    ],
    types: ["pino", "node:http"],
    packages: ["prom-client"],
  },
];

/** The contract with the operator; the only folder of it that the task image knows. */
const API = "operator/api";
const ERRORS = "task-image/errors.ts";

const TASK_IMAGE: readonly Layer[] = [
  { of: ERRORS, imports: [API] },
  { of: "task-image/redaction.ts", imports: [] },
  { of: "task-image/log.ts", imports: ["task-image/redaction.ts"] },
  { of: "task-image/progress.ts", imports: ["task-image/redaction.ts"], types: [API] },
  { of: "task-image/result.ts", imports: [API], types: ["task-image/commands", ERRORS, "task-image/redaction.ts"] },
  { of: "task-image/jinja", imports: [], pure: true },
  { of: "task-image/json", imports: [], pure: true },
  {
    of: "task-image/checks",
    imports: ["task-image/postgres/failure.ts", "task-image/postgres/identifier.ts"],
    types: [API, "task-image/postgres"],
    pure: true,
  },
  {
    of: "task-image/models",
    imports: ["task-image/checks/single-statement.ts", "task-image/jinja", "task-image/postgres/identifier.ts"],
    packages: ["yaml", "zod"],
    pure: true,
  },
  { of: "task-image/connections", imports: [ERRORS], types: [API, "task-image/redaction.ts"], packages: ["node:*"] },
  {
    of: "task-image/http",
    imports: [ERRORS],
    types: ["task-image/connections", "task-image/redaction.ts"],
    packages: ["undici", "node:*"],
  },
  { of: "task-image/formats", imports: [ERRORS, "task-image/postgres"], packages: ["node:*"] },
  {
    of: "task-image/parquet",
    imports: [ERRORS, "task-image/postgres/identifier.ts"],
    packages: ["@duckdb/node-api", "node:*"],
  },
  { of: "task-image/files", imports: [ERRORS], types: ["task-image/postgres"], packages: ["node:*"] },
  {
    of: "task-image/object-store",
    imports: ["task-image/connections", ERRORS],
    types: [API, "task-image/commands", "task-image/files"],
    packages: ["@aws-sdk/client-s3", "zod", "node:*"],
  },
  {
    of: "task-image/postgres",
    imports: ["task-image/connections", ERRORS],
    types: [API, "task-image/commands", "task-image/formats", "task-image/sources"],
    packages: ["pg", "pg-copy-streams", "node:*"],
  },
  // What warehouses share that read the objects of a bucket themselves.
  {
    of: "task-image/warehouse",
    imports: [ERRORS, "task-image/formats", "task-image/postgres"],
    types: [API, "task-image/object-store", "task-image/sources"],
    packages: ["node:*"],
  },
  {
    of: "task-image/redshift",
    imports: [
      "task-image/connections",
      ERRORS,
      "task-image/object-store",
      "task-image/postgres",
      "task-image/warehouse",
    ],
    types: [API, "task-image/checks", "task-image/commands", "task-image/formats", "task-image/sources", "pg"],
    packages: ["node:*"],
  },
  {
    of: "task-image/snowflake",
    imports: ["task-image/connections", ERRORS, "task-image/postgres", "task-image/warehouse"],
    types: [API, "task-image/commands", "task-image/formats", "task-image/sources"],
    packages: ["snowflake-sdk", "node:*"],
  },
  {
    of: "task-image/sources",
    imports: [
      "task-image/checks",
      ERRORS,
      "task-image/http",
      "task-image/json",
      "task-image/object-store/own-objects.ts",
      "task-image/postgres",
    ],
    types: [API, "task-image/object-store", "pg", "zod"],
    packages: ["node:*"],
  },
  {
    of: "task-image/commands",
    imports: [
      API,
      "task-image/checks",
      "task-image/connections",
      ERRORS,
      "task-image/files",
      "task-image/formats",
      "task-image/http",
      "task-image/jinja",
      "task-image/models",
      "task-image/object-store",
      "task-image/parquet",
      "task-image/sources",
      "task-image/postgres",
      "task-image/redshift",
      "task-image/snowflake",
      "task-image/warehouse",
    ],
    types: ["task-image/log.ts", "task-image/progress.ts", "task-image/redaction.ts"],
    packages: ["node:*"],
  },
  { of: "task-image/task.ts", imports: [API, "task-image/commands", ERRORS, "task-image/postgres"] },
  {
    of: "task-image/main.ts",
    imports: [
      API,
      ERRORS,
      "task-image/log.ts",
      "task-image/progress.ts",
      "task-image/redaction.ts",
      "task-image/result.ts",
      "task-image/task.ts",
    ],
    packages: ["node:*"],
  },
];

/** Every dependency that is allowed, of both programs, from the inside to the outside. */
export const LAYERS: readonly Layer[] = [...OPERATOR, ...TASK_IMAGE];

/** Files that something other than an import starts: processes. */
export const ENTRY_POINTS: readonly string[] = ["operator/main.ts", "task-image/main.ts"];

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
