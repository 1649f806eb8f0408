import { afterAll, beforeAll, expect, test } from "vitest";
import { EXIT } from "#api/task.ts";
import { Transform } from "#api/transform.ts";
import { type ConfigMapFiles, mountConfigMap, runTransform } from "../../support/dbt/dbt-command.ts";
import { macroPackages } from "../../support/dbt/macro-packages.ts";
import { countTraffic, killAt, killPoint, type Traffic } from "../../support/loads/kill-point.ts";
import { CYCLES_AT_ONCE, FIRST_SEED, TIMEOUT_MS } from "../../support/loads/killed-load.ts";
import { type CutRules, startLossyProxy } from "../../support/servers/lossy-proxy.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { aTask } from "../../support/tasks/task.ts";
import { startTask } from "../../support/tasks/task-process.ts";

/** Points at which a build is killed; the seed of the first one is another set of points. */
const POINTS = Number(process.env.KELT_KILLS ?? 50);
const UID = "4a1c1e5e-0000-4000-8000-00000000000d";
const THREADS = 2;

/** Every kind of node that leaves something in the warehouse. Each comes to the same, however often a part of it runs. */
const SHOP: ConfigMapFiles = {
  "dbt_project.yml": "name: shop\nsnapshots: {shop: {+target_schema: dbt}}\n",
  "seeds.grades.csv": "grade,least\nlow,0\nhigh,100\n",
  "models.items.sql": "select id, price, changed from raw.items",
  "models.prices.sql": `{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': true}]) }}
    select i.id, i.price, max(g.grade) as grade from {{ ref('items') }} i join {{ ref('grades') }} g on g.least <= i.price group by 1, 2`,
  "models.latest.sql": `{{ config(materialized='incremental', unique_key='id') }}
    select id, price, changed from {{ ref('items') }}
    {% if is_incremental() %} where changed > (select max(changed) from {{ this }}) {% endif %}`,
  "models.seen.sql": `{{ config(materialized='incremental', on_schema_change='append_new_columns') }}
    select id, price from {{ ref('prices') }} {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}`,
  "snapshots.history.sql": `{% snapshot history %}{{ config(unique_key='id', strategy='timestamp', updated_at='changed') }}
    select * from {{ ref('items') }}{% endsnapshot %}`,
  "models.schema.yml": `models:
  - {name: prices, columns: [{name: id, data_tests: [unique, not_null]}]}
  - {name: latest, columns: [{name: id, data_tests: [unique]}]}
  - {name: seen, columns: [{name: id, data_tests: [unique]}]}`,
};

let server: PostgresServer;
/** What a first run has left, and rows that are new and changed since. */
let yesterday: TestDatabase;
let folders: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await startPostgres();
  yesterday = await server.createDatabase();
  folders = {
    KELT_PROJECT_DIRECTORY: mountConfigMap(SHOP),
    KELT_MACRO_DIRECTORY: (await macroPackages()).macros,
  };
  const client = await yesterday.connect();
  await client.query(`CREATE SCHEMA raw; CREATE TABLE raw.items AS
    SELECT i AS id, i % 150 AS price, timestamp '2026-01-01' + i * interval '1 minute' AS changed FROM generate_series(1, 300) AS i`);
  const { outcome } = await runTransform(yesterday, SHOP, { threads: THREADS });
  expect(outcome).toMatchObject({ tests: { failed: 0, errored: 0 } });
  await client.query(`INSERT INTO raw.items SELECT i, i % 150, timestamp '2026-01-02' FROM generate_series(301, 400) AS i;
    UPDATE raw.items SET price = price + 1, changed = timestamp '2026-01-02' + id * interval '1 second' WHERE id % 7 = 0`);
  await client.end();
});
afterAll(() => server.stop());

/** Every relation of the schema but kelt's own: its kind, columns and indexes, and a checksum of its rows. */
async function relationsOf(database: TestDatabase): Promise<Readonly<Record<string, string>>> {
  const rows = await database.query(`SELECT c.relname AS name, c.relkind::text || ' '
      || (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute
          WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
      || ' ' || (SELECT count(*) FROM pg_index WHERE indrelid = c.oid) || ' '
      || (xpath('/row/sum/text()', query_to_xml(format(
        'SELECT count(*) || '':'' || coalesce(sum(hashtextextended((to_jsonb(t) - ''dbt_updated_at'')::text, 0)), 0) AS sum FROM dbt.%I AS t',
        c.relname), false, true, '')))[1]::text AS state
    FROM pg_class c WHERE c.relnamespace = 'dbt'::regnamespace AND c.relkind IN ('r', 'v', 'm') AND c.relname NOT LIKE '\\_kelt%'
    ORDER BY 1`);
  return Object.fromEntries(rows.map(({ name, state }) => [name ?? "", state ?? ""]));
}

/** Runs the build in a process of its own whose sessions go through a proxy of these rules. */
async function buildBehind(database: TestDatabase, rules: CutRules, onStart: (kill: () => void) => void = () => {}) {
  await using proxy = await startLossyProxy(server, rules);
  const said = {
    connection: "warehouse",
    schema: "dbt",
    project: { configMap: "shop" },
    command: "build",
    threads: THREADS,
  };
  const connections = { warehouse: database.connection({ host: proxy.host, port: String(proxy.port) }) };
  const work = { verb: "transform" as const, transform: Transform.parse(said) };
  const task = startTask(aTask({ work, connections, uid: UID }), folders);
  onStart(() => void task.process.kill("SIGKILL"));
  return await task.ended;
}

async function killAndRetry(
  seed: number,
  traffic: Traffic,
): Promise<{ readonly wasKilled: boolean; readonly story: string; readonly database: TestDatabase }> {
  const point = killPoint(seed, traffic);
  const story = `seed ${seed}: killed at ${JSON.stringify(point.at)}, ${point.moment}`;
  const database = await server.createDatabase(yesterday);
  let kill = () => {};
  const { signal, exitCode, output } = await buildBehind(
    database,
    killAt(point, () => kill()),
    (given) => {
      kill = given;
    },
  );
  const wasKilled = signal === "SIGKILL";
  expect(wasKilled || exitCode === EXIT.done, `${story}\n${output}`).toBe(true);
  return { wasKilled, story, database };
}

test("a build killed at any point and tried again leaves what one leaves that nothing disturbed", {
  timeout: TIMEOUT_MS,
}, async () => {
  const before = await relationsOf(await server.createDatabase(yesterday));
  const traffic = { exchanges: 0, bytes: 0 };
  const undisturbed = await server.createDatabase(yesterday);
  expect((await buildBehind(undisturbed, countTraffic(traffic))).exitCode).toBe(EXIT.done);
  const right = await relationsOf(undisturbed);
  expect(Object.keys(right)).toEqual(["grades", "history", "items", "latest", "prices", "seen"]);
  expect(right).not.toEqual(before);
  const seeds = Array.from({ length: POINTS }, (_, index) => FIRST_SEED + index);
  let killed = 0;
  const cycle = async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const { wasKilled, story, database } = await killAndRetry(seed, traffic);
      if (wasKilled) killed += 1;
      const meanwhile = await relationsOf(database);
      for (const name of Object.keys(right))
        expect([before[name], right[name]], `${story}: ${name}`).toContain(meanwhile[name]);
      const { outcome, log } = await runTransform(database, SHOP, { threads: THREADS }, { uid: UID, attempt: 2 });
      expect(outcome, `${story}\n${log}`).toMatchObject({ tests: { failed: 0, errored: 0 } });
      expect(await relationsOf(database), story).toEqual(right);
    }
  };
  await Promise.all(Array.from({ length: CYCLES_AT_ONCE }, cycle));
  expect(killed, "points that were reached before the process had ended").toBeGreaterThan(POINTS / 2);
});
