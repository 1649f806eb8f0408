import { expect, test } from "vitest";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import { createRun, DEMO, finishedRun, getRun, jobsOf, sql, verdictOf } from "../support/cluster/kind.ts";

/** What the result must be, said a second time and in other words, over the source. */
const EXPECTED = `
  select md5(string_agg(film_id || '|' || title || '|' || coalesce(rating_category, '') || '|' || coalesce(actors, ''), ',' order by film_id))
  from (select f.film_id, f.title,
          case when user_rating >= 4.5 then 'Excellent' when user_rating >= 4.0 then 'Good' when user_rating >= 3.0 then 'Average' else 'Poor' end as rating_category,
          (select string_agg(actor_name, ', ' order by actor_name) from film_actors fa join actors a using (actor_id) where fa.film_id = f.film_id) as actors
        from films f) as expected`;
const FOUND = `
  select md5(string_agg(film_id || '|' || title || '|' || coalesce(rating_category, '') || '|' || coalesce(actors, ''), ',' order by film_id))
  from analytics.film_ratings`;

test("the films pipeline builds the table that its source demands, and a second run changes nothing", async () => {
  const first = await finishedRun(createRun("films"));
  expect(verdictOf(first), JSON.stringify(first.status.nodes)).toBe("True Succeeded");
  expect(sql("warehouse", FOUND)).toBe(sql("source", EXPECTED));
  const second = await finishedRun(createRun("films"));
  expect(verdictOf(second)).toBe("True Succeeded");
  expect(sql("warehouse", FOUND)).toBe(sql("source", EXPECTED));
  expect(sql("warehouse", "select count(*) from raw.films")).toBe(sql("source", "select count(*) from films"));
});

test("a run says what happened: state, rows and tests of every node, one Job for each attempt", async () => {
  const run = await finishedRun(createRun("films"));
  expect(run.status).toMatchObject({
    progress: "3/3",
    counts: { total: 3, succeeded: 3, failed: 0 },
    tests: { passed: 13, failed: 0, errored: 0 },
    nodes: { raw: { state: "Succeeded", attempt: 1 }, models: { state: "Succeeded" }, quality: { state: "Succeeded" } },
  });
  expect(run.status.nodes?.raw?.rows).toBe(
    Number(
      sql(
        "source",
        "select (select count(*) from films) + (select count(*) from actors) + (select count(*) from film_actors) + (select count(*) from film_category) + (select count(*) from users)",
      ),
    ),
  );
  expect([...jobsOf(run)].sort()).toEqual(["models/1", "quality/1", "raw/1"]);
  const table = mustKubectl(["get", "plr", run.metadata.name, "-n", DEMO]);
  expect(table).toMatch(/films\s+Succeeded\s+3\/3/);
});

test("a suspended pipeline holds its runs until it is resumed", async () => {
  mustKubectl(["patch", "pipeline", "films", "-n", DEMO, "--type=merge", "-p", '{"spec":{"suspend":true}}']);
  const name = createRun("films");
  try {
    await expect.poll(() => getRun(name).status.conditions?.[0]?.reason, { timeout: 30_000 }).toBe("Suspended");
  } finally {
    mustKubectl(["patch", "pipeline", "films", "-n", DEMO, "--type=merge", "-p", '{"spec":{"suspend":false}}']);
  }
  expect(verdictOf(await finishedRun(name))).toBe("True Succeeded");
});

test("metrics and events tell of the runs, and no metric carries a run's name", async () => {
  const run = await finishedRun(createRun("films"));
  const holder = mustKubectl([
    "get",
    "lease",
    "kelt-operator",
    "-n",
    "kelt-system",
    "-o",
    "jsonpath={.spec.holderIdentity}",
  ]);
  const pod = holder.split("_")[0];
  const metrics = mustKubectl(["get", "--raw", `/api/v1/namespaces/kelt-system/pods/${pod}:8080/proxy/metrics`]);
  expect(metrics).toMatch(
    /^kelt_pipeline_runs_total\{namespace="kelt-demo",pipeline="films",result="succeeded"\} [1-9]/m,
  );
  expect(metrics).toMatch(/^kelt_node_rows_total\{namespace="kelt-demo",pipeline="films",node="raw"\} [1-9]/m);
  expect(metrics).toMatch(/^kelt_test_results_total\{.*result="passed"\} [1-9]/m);
  expect(metrics).toMatch(/^leader_election_master_status\{name="kelt-operator"\} 1$/m);
  expect(metrics).not.toContain(run.metadata.name);
  const { text } = kubectl(["describe", "plr", run.metadata.name, "-n", DEMO]);
  expect(text).toContain("the run began with 3 nodes");
  expect(text).toContain("all 3 nodes succeeded");
});
