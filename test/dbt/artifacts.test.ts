import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runTransformAt } from "../support/dbt/dbt-command.ts";
import { temporaryDirectory } from "../support/machine/temporary-directory.ts";
import { openBucket, readObjects } from "../support/servers/bucket.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { type S3Server, startS3Server } from "../support/servers/versitygw.ts";
import { type RealDbt, startRealDbt } from "./engine/real-dbt.ts";
import type { Command } from "./harness/engine.ts";
import { openWarehouse, type Warehouse } from "./harness/warehouse.ts";

// kelt's artifacts are dbt's where dbt reads them as its own: as the state that selections are compared with.

let server: PostgresServer;
let s3: S3Server;
let dbt: RealDbt;
let database: TestDatabase;
let warehouse: Warehouse;
beforeAll(async () => {
  [server, s3, dbt] = await Promise.all([startPostgres({ timezone: "UTC" }), startS3Server(), startRealDbt()]);
  database = await server.createDatabase();
  warehouse = await openWarehouse(server);
  await using _ = await openBucket(s3, "lake");
});
afterAll(async () => {
  await warehouse?.[Symbol.asyncDispose]();
  await dbt?.[Symbol.asyncDispose]();
  await server?.stop();
  await s3?.stop();
});

/** Something of everything that a manifest holds. */
const FILES: Readonly<Record<string, string>> = {
  "dbt_project.yml":
    'name: lab\nprofile: lab\nvars: {rate: 2}\nmodels: {lab: {marts: {+materialized: table, +tags: [daily], +meta: {owner: me}}}}\non-run-start: ["select 1"]\n',
  "macros/money.sql": "{% macro money(column) %}{{ column }} * {{ var('rate') }}{% endmacro %}",
  "seeds/kinds.csv": "id,kind\n1,a\n2,b\n",
  "snapshots/kept.sql":
    "{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols='all', target_schema='snaps') }}select * from {{ ref('kinds') }}{% endsnapshot %}",
  "models/staging.sql": "select id, {{ money('id') }} as price, kind from {{ ref('kinds') }}",
  "models/hidden.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('staging') }}",
  "models/off.sql": "{{ config(enabled=false) }} select 1",
  "models/marts/facts.sql":
    "{{ config(unique_key='id', indexes=[{'columns': ['id']}]) }} select * from {{ ref('hidden') }}",
  "models/marts/people_v1.sql": "select 1 as id, cast('x' as text) as name",
  "models/marts/people_v2.sql": "select 2 as id, cast('y' as text) as name",
  "models/schema.yml": `
groups: [{ name: money, owner: { name: me, email: me@example.com } }]
sources: [{ name: raw, schema: lab_raw, tables: [{ name: films, identifier: movies, columns: [{ name: id }], loaded_at_field: loaded, config: { freshness: { warn_after: { count: 1, period: day } } } }] }]
models:
  - { name: staging, description: "{{ doc('words') }}", columns: [{ name: id, description: key, data_tests: [unique, not_null, { relationships: { arguments: { to: ref('kinds'), field: id } } }] }] }
  - { name: facts, config: { group: money, persist_docs: { relation: true } }, description: all of it, access: protected, columns: [{ name: kind, data_tests: [{ accepted_values: { arguments: { values: [a, b] }, config: { severity: warn } } }] }] }
  - name: people
    latest_version: 2
    config: { contract: { enforced: true } }
    columns: [{ name: id, data_type: int, constraints: [{ type: not_null }] }, { name: name, data_type: text }]
    versions: [{ v: 1 }, { v: 2 }]
exposures: [{ name: board, type: dashboard, owner: { name: me }, depends_on: [ref('facts')], url: "https://board.example" }]
unit_tests: [{ name: doubles, model: staging, given: [{ input: ref('kinds'), rows: [{ id: 3, kind: a }] }], expect: { rows: [{ id: 3, price: 6, kind: a }] } }]
`,
  "models/words.md": "{% docs words %}What stands there.{% enddocs %}",
  "tests/few.sql": "select * from {{ ref('facts') }} where price > 4",
  "analyses/look.sql": "select * from {{ ref('facts') }}",
};

function writeProject(files: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory("artifacts");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Runs a project by kelt, and answers the folder of the artifacts that it has left in the bucket. */
async function stateOf(files: Readonly<Record<string, string>>, prefix: string, command: Command): Promise<string> {
  const fields = {
    command,
    project: { persistentVolumeClaim: { claimName: "lab" } },
    artifacts: { connection: "lake", prefix },
  };
  const { outcome, log } = await runTransformAt(database, writeProject(files), fields, {
    connections: { lake: s3.connection("lake") },
  });
  const artifacts = await readObjects(s3, "lake", prefix);
  expect(Object.keys(artifacts), `${outcome} ${log}`).toContain("manifest.json");
  return writeProject(artifacts);
}

/** What dbt takes for a selection, compared with a state. */
async function taken(
  files: Readonly<Record<string, string>>,
  state: string,
  select: string,
): Promise<readonly string[]> {
  const outcome = await dbt.run({
    project: writeProject(files),
    target: warehouse.target("dev", 1),
    command: "compile",
    options: { state, select: [select] },
  });
  expect(outcome.problem).toBeUndefined();
  return outcome.results.map(({ node }) => node).sort();
}

/** Tests come along with what they read. */
const withoutTests = (ids: readonly string[]) => ids.filter((id) => !id.startsWith("test."));

test("dbt reads kelt's manifest as a state, and finds modified what was modified", async () => {
  const state = await stateOf(FILES, "build/", "build");
  // A contract's checksum is made of the names of Python's classes: dbt makes another one.
  expect(await taken(FILES, state, "state:modified")).toEqual(["model.lab.people.v1", "model.lab.people.v2"]);
  const changed = {
    ...FILES,
    "models/marts/facts.sql": `${FILES["models/marts/facts.sql"]} where id < 3`,
    "models/more.sql": "select 1 as n",
    "macros/money.sql": "{% macro money(column) %}{{ column }} * 3{% endmacro %}",
    "seeds/kinds.csv": "id,kind\n1,a\n",
  };
  expect(withoutTests(await taken(changed, state, "state:modified.body"))).toEqual([
    "model.lab.facts",
    "model.lab.more",
    "seed.lab.kinds",
  ]);
  expect(withoutTests(await taken(changed, state, "state:modified.macros"))).toEqual(["model.lab.staging"]);
  expect(withoutTests(await taken(changed, state, "state:new"))).toEqual(["model.lab.more"]);
});

test("dbt reads kelt's results, and finds what had failed and what was skipped", async () => {
  const files = { ...FILES, "models/staging.sql": "select missing as id, 1 as price, kind from {{ ref('kinds') }}" };
  const state = await stateOf(files, "failed/", "run");
  expect(withoutTests(await taken(files, state, "result:error"))).toEqual(["model.lab.staging"]);
  expect(withoutTests(await taken(files, state, "result:skipped"))).toEqual(["model.lab.facts"]);
});
