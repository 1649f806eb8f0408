import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runTransformAt } from "../../support/dbt/dbt-command.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { type RedshiftLake, startRedshiftLake } from "../../support/redshift/lake.ts";
import { readObjects } from "../../support/servers/bucket.ts";

/** A project with what dbt-redshift's macros do in their own way. */
const PROJECT = {
  "dbt_project.yml": "name: shop\nseeds: { +column_types: { price: 'numeric(10,2)' } }",
  "seeds/items.csv": "id,name,price\n1,caf\u00e9,1.50\n2,a\\b's,2.25\n3,,\n",
  "models/small.sql": "{{ config(materialized='view', bind=false) }} select id, name from {{ ref('items') }}",
  "models/sorted.sql":
    "{{ config(materialized='table', dist='id', sort=['id', 'name']) }} select id, name from {{ ref('small') }}",
  "models/appended.sql":
    "{{ config(materialized='incremental') }} select id, name from {{ ref('items') }} {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}",
  "models/replaced.sql":
    "{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='id') }} select id, price from {{ ref('items') }}",
  "models/merged.sql":
    "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id', on_schema_change='append_new_columns') }} select id, price {% if var('wide', false) %}, name {% endif %} from {{ ref('items') }}",
  "models/contracted.sql": "{{ config(materialized='table') }} select id, name from {{ ref('items') }}",
  "models/models.yml": `
models:
  - name: contracted
    config: { contract: { enforced: true } }
    columns:
      - { name: id, data_type: integer, constraints: [{ type: not_null }, { type: primary_key }], data_tests: [unique, not_null, { relationships: { arguments: { to: ref('items'), field: id } } }] }
      - { name: name, data_type: varchar }
  - name: sorted
    columns: [{ name: name, data_tests: [{ accepted_values: { arguments: { values: [café, "x"] }, config: { severity: warn } } }] }]
`,
  "snapshots/prices.yml": `
snapshots:
  - name: prices
    relation: ref('items')
    config: { unique_key: id, strategy: check, check_cols: [price], hard_deletes: invalidate }
`,
  "tests/cheap.sql": "select id from {{ ref('items') }} where price > 100",
};

let lake: RedshiftLake;

beforeAll(async () => {
  lake = await startRedshiftLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

const build = async (files: Readonly<Record<string, string>>, fields: object = {}, task: object = {}) => {
  const volume = temporaryDirectory("volume");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(volume, path)), { recursive: true });
    writeFileSync(join(volume, path), text);
  }
  const connections = { warehouse: lake.redshift.connection(lake.warehouse), lake: lake.s3.connection("lake") };
  const said = { project: { persistentVolumeClaim: { claimName: "models" } }, schema: "shop", ...fields };
  return await runTransformAt(lake.warehouse, volume, said, { connections, ...task });
};
const query = (sql: string) => lake.warehouse.query(sql);
const relations = () =>
  query(
    "SELECT table_name AS name, table_type AS type FROM information_schema.tables WHERE table_schema = 'shop' AND table_name NOT LIKE '\\_kelt%' ORDER BY 1",
  );

describe("a dbt project on Redshift", () => {
  test("is built by the macros of dbt-redshift: seeds, views, tables, increments, snapshots and tests", async () => {
    const { outcome, states, log } = await build(PROJECT);
    expect(log).not.toContain('"status":"error"');
    expect(outcome).toMatchObject({ tests: { passed: 4, warned: 1, failed: 0, errored: 0 } });
    expect(states).toMatchObject({ items: "Succeeded", merged: "Succeeded", prices: "Succeeded", cheap: "Succeeded" });
    expect(await relations()).toEqual([
      { name: "appended", type: "BASE TABLE" },
      { name: "contracted", type: "BASE TABLE" },
      { name: "items", type: "BASE TABLE" },
      { name: "merged", type: "BASE TABLE" },
      { name: "prices", type: "BASE TABLE" },
      { name: "replaced", type: "BASE TABLE" },
      { name: "small", type: "VIEW" },
      { name: "sorted", type: "BASE TABLE" },
    ]);
    expect(await query("SELECT * FROM shop.items ORDER BY id")).toEqual([
      { id: "1", name: "café", price: "1.50" },
      { id: "2", name: "a\\b's", price: "2.25" },
      { id: "3", name: null, price: null },
    ]);
    const types =
      "SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'shop.items'::regclass AND attnum > 0";
    // As long as the longest text in bytes.
    expect(await query(types)).toEqual([
      { type: "integer" },
      { type: "character varying(5)" },
      { type: "numeric(10,2)" },
    ]);
  });

  test("is built again over changed rows as dbt does: appended, replaced, merged, and kept as history", async () => {
    await build(PROJECT);
    const changed = { ...PROJECT, "seeds/items.csv": "id,name,price\n1,café,1.75\n2,b,2.25\n4,new,4.00\n" };
    const { outcome, log } = await build(changed, { vars: { wide: true } }, { uid: "run-2" });
    expect(log).not.toContain('"status":"error"');
    expect(outcome).toMatchObject({ tests: { passed: 4, warned: 1, failed: 0, errored: 0 } });
    expect(await query("SELECT id, name FROM shop.appended ORDER BY id")).toHaveLength(4);
    expect(await query("SELECT id, price FROM shop.replaced ORDER BY id")).toEqual([
      { id: "1", price: "1.75" },
      { id: "2", price: "2.25" },
      { id: "3", price: null },
      { id: "4", price: "4.00" },
    ]);
    expect(await query("SELECT id, price, name FROM shop.merged ORDER BY id")).toEqual([
      { id: "1", price: "1.75", name: "café" },
      { id: "2", price: "2.25", name: "b" },
      { id: "3", price: null, name: null },
      { id: "4", price: "4.00", name: "new" },
    ]);
    const history = "SELECT id, price, dbt_valid_to IS NULL AS current FROM shop.prices ORDER BY id, price";
    expect(await query(history)).toEqual([
      { id: "1", price: "1.50", current: "f" },
      { id: "1", price: "1.75", current: "t" },
      { id: "2", price: "2.25", current: "t" },
      { id: "3", price: null, current: "f" },
      { id: "4", price: "4.00", current: "t" },
    ]);
    expect((await relations()).filter(({ name }) => String(name).includes("__dbt"))).toEqual([]);
  });

  test("goes on in another attempt where the one before has failed", async () => {
    const broken = { ...PROJECT, "models/sorted.sql": "select no_such_column from {{ ref('small') }}" };
    const { outcome } = await build(broken, { exclude: ["prices"] });
    expect(outcome).toBeInstanceOf(Error);
    const again = await build(broken, { exclude: ["prices"] }, { attempt: 2 });
    expect(again.outcome).toBeInstanceOf(Error);
    expect(again.log.match(/"by":"an earlier attempt"/g)?.length).toBeGreaterThan(5);
    expect((again.outcome as Error).message).toMatch(/model\.shop\.sorted: .*SQLSTATE 42703/);
  });

  test("is packed into a Job for each model, which finds the project where the first has kept it", async () => {
    const files = {
      "dbt_project.yml": "name: shop",
      "models/a.sql": "{{ config(materialized='table') }} select 1 as id",
      "models/b.sql": "select id from {{ ref('a') }}",
    };
    const unit = (name: string, project?: string) => ({
      unit: { node: "raw", name, ...(project === undefined ? {} : { project }) },
    });
    const planned = await build(files, { packing: "model" }, unit("plan"));
    expect(planned.outcome).toMatchObject({ message: "2 nodes in 2 units" });
    const [kept] = await query("SELECT digest FROM shop._kelt_projects WHERE part = 0");
    for (const name of ["a", "b"]) {
      const built = await build(files, { packing: "model" }, unit(name, String(kept?.digest)));
      expect(built.outcome).toMatchObject({ message: "1 node: 1 success" });
    }
    expect(await query("SELECT id FROM shop.b")).toEqual([{ id: "1" }]);
  });

  test("is documented with its relations, their columns, and what the cluster counts of tables", async () => {
    const files = {
      "dbt_project.yml": "name: shop",
      "models/a.sql": "{{ config(materialized='table') }} select 1 as id",
      "models/b.sql": "select id from {{ ref('a') }}",
    };
    const artifacts = { connection: "lake", prefix: "docs/" };
    await build(files, { artifacts });
    const { outcome } = await build(files, { artifacts, command: "docs" });
    expect(outcome).toMatchObject({ message: expect.stringContaining("2 models") });
    const { nodes } = JSON.parse((await readObjects(lake.s3, "lake", "docs/"))["catalog.json"] ?? "{}");
    expect(nodes["model.shop.b"]).toMatchObject({ metadata: { type: "VIEW" }, columns: { id: { type: "integer" } } });
    expect(nodes["model.shop.a"]).toMatchObject({
      metadata: { type: "BASE TABLE" },
      stats: { diststyle: { label: "Dist Style", value: "AUTO(ALL)" } },
    });
  });

  test("is refused where it builds a materialized view, with the way out", async () => {
    const files = {
      "dbt_project.yml": "name: shop",
      "models/a.sql": "{{ config(materialized='materialized_view') }} select 1 as id",
    };
    const { outcome } = await build(files);
    expect((outcome as Error).message).toContain("materialized views of Redshift are not built yet");
  });
});
