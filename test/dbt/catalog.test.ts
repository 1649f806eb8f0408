import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runTransformAt } from "../support/dbt/dbt-command.ts";
import { temporaryDirectory } from "../support/machine/temporary-directory.ts";
import { openBucket, readObjects } from "../support/servers/bucket.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { type S3Server, startS3Server } from "../support/servers/versitygw.ts";
import { dbtPython } from "./engine/python.ts";
import { type RealDbt, startRealDbt } from "./engine/real-dbt.ts";
import type { Options, Target } from "./harness/engine.ts";

// What `docs` finds in the database, held against what dbt finds in the same one.

let server: PostgresServer;
let s3: S3Server;
let dbt: RealDbt;
beforeAll(async () => {
  [server, s3, dbt] = await Promise.all([startPostgres({ timezone: "UTC" }), startS3Server(), startRealDbt()]);
  await using _ = await openBucket(s3, "lake");
});
afterAll(async () => {
  await dbt?.[Symbol.asyncDispose]();
  await server?.stop();
  await s3?.stop();
});

/** Every kind of relation, names that must be quoted, comments, and what is in the database without a node, or in a node alone. */
const FILES: Readonly<Record<string, string>> = {
  "dbt_project.yml":
    "name: lab\nprofile: lab\nmodels: {lab: {+persist_docs: {relation: true, columns: true}, late: {+enabled: true}}}\n",
  "seeds/kinds.csv": "id,kind\n1,a\n2,b\n",
  "snapshots/kept.sql":
    "{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols='all', target_schema='snaps') }}select * from {{ ref('kinds') }}{% endsnapshot %}",
  "models/seen.sql": "select id, kind::varchar(7) as kind, 1.5::numeric(10, 2) as price from {{ ref('kinds') }}",
  "models/stored.sql":
    "{{ config(materialized='table') }} select id as \"Id of it\", array[kind] as kinds, now() as at from {{ ref('seen') }}",
  "models/held.sql": "{{ config(materialized='materialized_view') }} select * from {{ ref('seen') }}",
  "models/passing.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('seen') }}",
  "models/Upper.sql": "{{ config(alias='UPPER') }} select * from {{ ref('passing') }}",
  "models/unbuilt.sql": "select 1 as n",
  "models/schema.yml": `
sources:
  - { name: raw, schema: Raw Things, tables: [{ name: films, identifier: The Films, columns: [{ name: id, data_tests: [{ not_null: { config: { store_failures: true } } }] }] }, { name: gone }] }
  - { name: same, schema: dbt, tables: [{ name: kinds }] }
models:
  - { name: seen, description: "It's \\"quoted\\", with a % and 123", columns: [{ name: id, description: "42" }, { name: kind, description: kind of it }] }
`,
  "analyses/look.sql": "select * from {{ ref('stored') }}",
};
const SETUP = `
  CREATE SCHEMA "Raw Things"; CREATE TABLE "Raw Things"."The Films" (id int, "Title" text, dropped int, at timestamptz);
  ALTER TABLE "Raw Things"."The Films" DROP COLUMN dropped; COMMENT ON TABLE "Raw Things"."The Films" IS 'as it came';
  CREATE TABLE "Raw Things".other (n int);`;

function writeProject(files: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory("catalog");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Runs a command by kelt in a database, and answers what it has left in the bucket. */
async function run(
  database: TestDatabase,
  files: Readonly<Record<string, string>>,
  command: string,
  fields: object = {},
) {
  const prefix = `${database.name}/`;
  const said = {
    ...{ command, project: { persistentVolumeClaim: { claimName: "lab" } }, artifacts: { connection: "lake", prefix } },
    ...fields,
  };
  const done = await runTransformAt(database, writeProject(files), said, {
    connections: { lake: s3.connection("lake") },
  });
  return { ...done, objects: await readObjects(s3, "lake", prefix) };
}

function targetOf({ name }: TestDatabase): Target {
  const { host, port, user, password } = server;
  return { name: "warehouse", host, port, user, password, database: name, schema: "dbt", threads: 1 };
}

/** catalog.json of dbt. */
async function catalogOfDbt(database: TestDatabase, files: Readonly<Record<string, string>>, options: Options) {
  const project = writeProject(files);
  const outcome = await dbt.run({ project, target: targetOf(database), command: "docs", options });
  expect(outcome.problem).toBeUndefined();
  return readFileSync(join(project, "target/catalog.json"), "utf8");
}

interface CatalogJson {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly nodes: Readonly<Record<string, { readonly columns: object }>>;
}

/** Without the moment and the id of the invocation; columns as a list, whose order counts. */
function comparable(text: string | undefined) {
  const { metadata, ...rest } = JSON.parse(text ?? "null") as CatalogJson;
  const { generated_at: _, invocation_id: __, invocation_started_at: ___, ...kept } = metadata;
  const order = Object.fromEntries(Object.entries(rest.nodes).map(([id, { columns }]) => [id, Object.keys(columns)]));
  return { metadata: kept, ...rest, order };
}

test("the catalog is dbt's, for relations of every kind and for a selection", async () => {
  const database = await server.createDatabase();
  await database.query(SETUP);
  expect(await run(database, FILES, "build", { exclude: ["unbuilt"] })).toMatchObject({
    outcome: { message: expect.stringContaining("success") },
  });
  const { outcome, objects } = await run(database, FILES, "docs");
  expect(outcome).toMatchObject({ message: expect.stringContaining("page s3://lake/") });
  const found = comparable(objects["catalog.json"]);
  expect(Object.keys(found.nodes)).toContain("model.lab.held");
  expect(found).toEqual(comparable(await catalogOfDbt(database, FILES, {})));

  const select = ["source:raw", "+seen"];
  const some = await run(database, FILES, "docs", { select });
  expect(comparable(some.objects["catalog.json"])).toEqual(comparable(await catalogOfDbt(database, FILES, { select })));
});

test("above a hundred relations the catalog is dbt's as well", async () => {
  const database = await server.createDatabase();
  const models = Array.from(
    { length: 101 },
    (_, index) => [`models/m${index}.sql`, `select ${index} as n${index}`] as const,
  );
  const files = { "dbt_project.yml": "name: lab\nprofile: lab\n", ...Object.fromEntries(models) };
  await run(database, files, "run");
  await database.query("CREATE TABLE dbt.of_nobody (n int)");
  const { objects } = await run(database, files, "docs");
  const found = comparable(objects["catalog.json"]);
  expect(Object.keys(found.nodes)).toHaveLength(101);
  expect(found).toEqual(comparable(await catalogOfDbt(database, files, {})));
});

/** Reads both artifacts as dbt's own documentation site and tools do. */
const READER = `
import json, sys
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.manifest import WritableManifest
catalog = CatalogArtifact.read_and_check_versions(sys.argv[1])
manifest = WritableManifest.read_and_check_versions(sys.argv[2])
print(json.dumps({"nodes": sorted(catalog.nodes), "sources": sorted(catalog.sources),
  "columns": list(catalog.nodes["model.lab.seen"].columns), "compiled": manifest.nodes["model.lab.seen"].compiled_code}))
`;

test("dbt's reader of artifacts reads both files", async () => {
  const database = await server.createDatabase();
  await database.query(SETUP);
  await run(database, FILES, "build", { exclude: ["unbuilt"] });
  const { objects } = await run(database, FILES, "docs");
  const folder = writeProject({
    "catalog.json": objects["catalog.json"] ?? "",
    "manifest.json": objects["manifest.json"] ?? "",
  });
  const args = ["-c", READER, join(folder, "catalog.json"), join(folder, "manifest.json")];
  const { stdout } = await promisify(execFile)(await dbtPython(), args);
  expect(JSON.parse(stdout)).toMatchObject({
    nodes: expect.arrayContaining(["model.lab.Upper", "model.lab.stored", "seed.lab.kinds", "snapshot.lab.kept"]),
    sources: ["source.lab.raw.films", "source.lab.same.kinds"],
    columns: ["id", "kind", "price"],
    compiled: expect.stringContaining("kind::varchar(7) as kind"),
  });
});
