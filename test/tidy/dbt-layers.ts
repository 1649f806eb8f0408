import type { Layer } from "./dependency-table.ts";

/** dbt projects, read and run by dbt's own macros. */
export const DBT: readonly Layer[] = [
  // Programs that run beside the process' own thread, and work that is stopped when it takes too long.
  { of: "task-image/threads", imports: [], packages: ["node:vm", "node:worker_threads"] },
  // A project as files, read and rendered in a thread.
  {
    of: "task-image/projects",
    imports: ["operator/api/nearest-name.ts", "task-image/dbt/project", "task-image/errors.ts", "task-image/volumes"],
    types: ["operator/api", "task-image/dbt/macros"],
    packages: ["node:*"],
  },
  { of: "task-image/dbt/macros", imports: ["task-image/jinja"], pure: true },
  { of: "task-image/dbt/project", imports: ["task-image/globs", "task-image/jinja"], packages: ["yaml"], pure: true },
  // Which packages a project asks for, and at which versions they are installed. dbt's hash of them is one.
  {
    of: "task-image/dbt/deps",
    imports: ["task-image/dbt/project", "task-image/jinja"],
    packages: ["node:crypto"],
    pure: true,
  },
  {
    of: "task-image/dbt/manifest",
    imports: ["task-image/dbt/macros", "task-image/dbt/project", "task-image/dbt/values", "task-image/jinja"],
    packages: ["node:crypto"],
    pure: true,
  },
  {
    of: "task-image/dbt/selection",
    imports: ["task-image/dbt/manifest", "task-image/dbt/project", "task-image/globs", "task-image/jinja"],
    pure: true,
  },
  { of: "task-image/dbt/values", imports: ["task-image/jinja", "task-image/threads", "task-image/words"], pure: true },
  // An index's name is a hash.
  {
    of: "task-image/dbt/adapter",
    imports: ["task-image/dbt/values", "task-image/jinja"],
    types: ["task-image/dbt/bridge"],
    packages: ["node:crypto"],
    pure: true,
  },
  {
    of: "task-image/dbt/context",
    imports: [
      "task-image/dbt/adapter",
      "task-image/dbt/macros",
      "task-image/dbt/manifest",
      "task-image/dbt/project",
      "task-image/dbt/values",
      "task-image/jinja",
      "task-image/words",
    ],
    packages: ["node:crypto"],
    pure: true,
  },
  // Two threads: the one that renders waits, the one that owns the sessions answers.
  {
    of: "task-image/dbt/bridge",
    imports: ["task-image/jinja", "task-image/postgres"],
    types: ["pg", "task-image/dbt/adapter"],
    packages: ["node:stream", "node:worker_threads", "pg-copy-streams"],
  },
  {
    of: "task-image/dbt/run",
    imports: [
      "task-image/dbt/adapter",
      "task-image/dbt/artifacts",
      "task-image/dbt/bridge",
      "task-image/dbt/context",
      "task-image/dbt/deps",
      "task-image/dbt/macros",
      "task-image/dbt/manifest",
      "task-image/dbt/project",
      "task-image/dbt/selection",
      "task-image/dbt/values",
      "task-image/jinja",
      "task-image/threads",
    ],
    packages: ["node:worker_threads"],
  },
  // A project that several Jobs build.
  {
    of: "task-image/dbt/packing",
    imports: ["operator/api", "task-image/dbt/run"],
    types: ["task-image/dbt/manifest"],
    packages: ["node:crypto", "node:v8", "node:zlib"],
    pure: true,
  },
  // What a run needs of each warehouse beside dbt's macros.
  {
    of: "task-image/dbt/warehouses",
    imports: [
      "task-image/connections",
      "task-image/dbt/bridge",
      "task-image/loading",
      "task-image/postgres",
      "task-image/sql",
    ],
    types: ["operator/api", "task-image/commands", "task-image/dbt/adapter", "task-image/errors.ts"],
  },
  // What dbt writes into `target/`, as texts.
  {
    of: "task-image/dbt/artifacts",
    imports: ["task-image/dbt/manifest", "task-image/dbt/project", "task-image/dbt/selection"],
    types: ["task-image/dbt/run"],
    packages: ["node:crypto"],
    pure: true,
  },
];

/** A project of a git repository; the process speaks git's protocol itself. */
export const GIT: readonly Layer[] = [
  // Packages of a dbt project: the hub, archives, and repositories by git.
  {
    of: "task-image/packages",
    imports: [
      "operator/api",
      "task-image/dbt/deps",
      "task-image/dbt/project",
      "task-image/errors.ts",
      "task-image/git",
      "task-image/http",
      "task-image/jinja",
      "task-image/network",
      "task-image/projects",
    ],
    types: ["task-image/log.ts", "task-image/redaction.ts"],
    packages: ["node:*", "undici", "zod"],
  },
  {
    of: "task-image/git",
    imports: [
      "operator/api",
      "task-image/connections",
      "task-image/errors.ts",
      "task-image/http",
      "task-image/network",
      "task-image/projects",
      "task-image/threads",
    ],
    types: ["task-image/log.ts", "task-image/redaction.ts"],
    packages: ["isomorphic-git", "node:*", "ssh2", "undici"],
  },
];

/** The page of a dbt project. What it does in a browser knows nothing of the task but the data's shape. */
export const DOCS: readonly Layer[] = [
  { of: "task-image/docs/lineage", imports: [], packages: ["libpg-query"] },
  { of: "task-image/docs/page", imports: [], types: ["task-image/docs"], packages: ["marked"] },
  {
    of: "task-image/docs",
    imports: ["task-image/dbt/project/data.ts", "task-image/docs/lineage", "task-image/threads"],
    types: ["task-image/dbt"],
    packages: ["node:fs/promises", "node:worker_threads"],
  },
];
