import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Plan, unpackPlan } from "#api/packing.ts";
import { type ConfigMapFiles, runTransform } from "../../support/dbt/dbt-command.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";

let server: PostgresServer;
let warehouse: TestDatabase;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  warehouse = await server.createDatabase();
  await warehouse.query("CREATE TABLE hooked (at text, n text)");
});

const SHOP: ConfigMapFiles = {
  "dbt_project.yml": `name: shop
on-run-start: ["insert into public.hooked values ('start', '')"]
on-run-end: ["insert into public.hooked values ('end', '{{ results | map(attribute='status') | map('string') | sort | join(' ') }}')"]
`,
  "seeds.genres.csv": "id,name\n1,drama\n2,comedy\n",
  "models.films.sql": "{{ config(materialized='table') }} select 1 as id, 1 as genre",
  "models.rated.sql":
    "{{ config(materialized='table') }} select f.id, g.name from {{ ref('films') }} f join {{ ref('genres') }} g on g.id = f.genre",
  "models.apart.sql": "select 1 as n",
  "models.best.sql": "select * from {{ ref('rated') }}",
  "models.schema.yml":
    "models: [{name: films, columns: [{name: id, data_tests: [unique]}]}, {name: rated, columns: [{name: name, data_tests: [not_null]}]}]",
};

type Fields = Readonly<Record<string, unknown>>;
const unit = (
  name: string,
  plan: Plan | undefined,
  { files = SHOP, ...fields }: Fields & { files?: ConfigMapFiles } = {},
  attempt = 1,
) =>
  runTransform(
    warehouse,
    files,
    { packing: "model", ...fields },
    { attempt, unit: { node: "marts", name, ...(plan === undefined ? {} : { project: plan.project }) } },
  );

async function planOf(fields: Fields & { files?: ConfigMapFiles } = {}): Promise<Plan> {
  const { outcome } = await unit("plan", undefined, fields);
  const plan = unpackPlan((outcome as { plan?: string }).plan ?? "");
  if (plan === undefined) throw new Error(`no plan: ${JSON.stringify(outcome)}`);
  return plan;
}

const relations = async () =>
  (
    await warehouse.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'dbt' AND table_name NOT LIKE '\\_kelt%' ORDER BY 1",
    )
  ).map(({ table_name: name }) => name);
const hooked = () => warehouse.query("SELECT * FROM hooked");

test("the plan names every unit with what it needs, runs the hooks of the start, and builds nothing", async () => {
  const { units, hasEnd } = await planOf();
  expect(units).toEqual([
    { name: "apart", needs: [] },
    { name: "films", needs: [] },
    { name: "genres", needs: [] },
    { name: "rated", needs: [1, 2] },
    { name: "best", needs: [3] },
  ]);
  expect(hasEnd).toBe(true);
  expect(await relations()).toEqual([]);
  expect(await hooked()).toEqual([{ at: "start", n: "" }]);
});

test("units that run in their order build what one Job builds, and no unit has the project's files", async () => {
  await runTransform(warehouse, SHOP);
  const inOneJob = await hooked();
  await warehouse.query("DROP SCHEMA dbt CASCADE; DELETE FROM hooked");
  const plan = await planOf();
  for (const { name } of plan.units) {
    const { outcome } = await unit(name, plan, { files: { "dbt_project.yml": "name: other\n" } });
    expect(outcome, name).not.toBeInstanceOf(Error);
  }
  const { outcome } = await unit("end", plan);
  expect(outcome).not.toBeInstanceOf(Error);
  expect(await relations()).toEqual(["apart", "best", "films", "genres", "rated"]);
  expect(await hooked()).toEqual(inOneJob);
});

test("a unit tells of its own model and of the tests right after it, and of nothing else", async () => {
  const plan = await planOf();
  const { outcome, states } = await unit("films", plan);
  expect(outcome).toMatchObject({ message: "2 nodes: 1 success, 1 pass" });
  expect(Object.entries(states).map(([name, state]) => `${name.split(".")[0]} ${state}`)).toEqual([
    "films Succeeded",
    "unique_films_id Succeeded",
  ]);
});

test("another attempt of a unit does not build again what was built", async () => {
  const files = {
    ...SHOP,
    "models.films.sql": "{{ config(materialized='table') }} select clock_timestamp()::text as id, 1 as genre",
  };
  const plan = await planOf({ files });
  await unit("films", plan);
  const built = await warehouse.query("SELECT id FROM dbt.films");
  const { outcome } = await unit("films", plan, {}, 2);
  expect(outcome).toMatchObject({ message: "2 nodes: 1 success, 1 pass, 2 of them by an earlier attempt" });
  expect(await warehouse.query("SELECT id FROM dbt.films")).toEqual(built);
});

test("a unit whose model lacks what another one should have built runs nothing", async () => {
  const plan = await planOf();
  const { outcome, states } = await unit("rated", plan);
  expect(outcome).toMatchObject({ message: "2 nodes: 2 skipped" });
  expect(Object.values(states)).toEqual(["Skipped", "Skipped"]);
  expect(states.rated).toBe("Skipped");
  expect(await relations()).toEqual([]);
});

test("levels go on where one has failed, without what stands behind the failure", async () => {
  const films = "{{ config(materialized='table') }} select 1/0 as id, 1 as genre";
  const files = { ...SHOP, "models.films.sql": films, "models.next.sql": "select * from {{ ref('apart') }}" };
  const fields = { packing: "level", files };
  const plan = await planOf(fields);
  expect(plan.units.map(({ name }) => name)).toEqual(["level-1", "level-2", "level-3"]);
  expect(await unit("level-1", plan, fields)).toMatchObject({ outcome: { kind: "data", code: "22012" } });
  expect((await unit("level-2", plan, fields)).states).toMatchObject({ next: "Succeeded", rated: "Skipped" });
  expect((await unit("level-3", plan, fields)).states).toEqual({ best: "Skipped" });
  expect(await relations()).toEqual(["apart", "genres", "next"]);
});

test("a hook of the start that fails makes the plan fail", async () => {
  const files = { ...SHOP, "dbt_project.yml": 'name: shop\non-run-start: ["select 1/0"]\n' };
  expect(await unit("plan", undefined, { files })).toMatchObject({ outcome: { code: "22012" } });
});

test("a project that was changed or is gone stops a unit before it does anything", async () => {
  const plan = await planOf();
  await warehouse.query("UPDATE dbt._kelt_projects SET project = project || '\\x00'::bytea");
  expect((await unit("films", plan)).outcome).toMatchObject({ code: "ProjectLost", kind: "configuration" });
  await warehouse.query("DELETE FROM dbt._kelt_projects");
  expect((await unit("films", plan)).outcome).toMatchObject({ code: "ProjectLost", kind: "configuration" });
  expect(await relations()).toEqual([]);
});

test("a project without hooks and artifacts has no last Job", async () => {
  const { hasEnd } = await planOf({ files: { ...SHOP, "dbt_project.yml": "name: shop\n" } });
  expect(hasEnd).toBe(false);
});

test("a project of too many units is planned as one Job", async () => {
  const models = Array.from({ length: 1001 }, (_, index) => [`models.m${index}.sql`, "select 1 as n"] as const);
  const { outcome } = await unit("plan", undefined, {
    files: { "dbt_project.yml": "name: shop\n", ...Object.fromEntries(models) },
  });
  expect(outcome).toEqual({ message: expect.stringContaining("the project has 1001 units") });
});
