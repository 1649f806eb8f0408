import { expect, test } from "vitest";
import { withCtes } from "../../../../../task-image/dbt/run/compile-node.ts";
import { Rendering } from "../../../../../task-image/jinja/running/rendering.ts";

const rendering = (text: string) => new Rendering(text, []);
const CTES = ["a", "b"].map((name) => ({ id: name, name: `__dbt__cte__${name}`, sql: rendering("x") }));

// Recorded with inject_ctes_into_sql of dbt-core 1.11.16.
test.each([
  [
    "with x as (select 1) select 1",
    "with  __dbt__cte__a as (\nx\n),  __dbt__cte__b as (\nx\n), x as (select 1) select 1",
  ],
  ["-- why\nwith  x as (y) z", "-- why\nwith   __dbt__cte__a as (\nx\n),  __dbt__cte__b as (\nx\n), x as (y) z"],
  [
    "WITH RECURSIVE t (n) AS (y) z",
    "WITH RECURSIVE  __dbt__cte__a as (\nx\n),  __dbt__cte__b as (\nx\n), t (n) AS (y) z",
  ],
  ["with -- c\n x as (y) z", "with  __dbt__cte__a as (\nx\n),  __dbt__cte__b as (\nx\n), -- c\n x as (y) z"],
  ["  select 1", "  with __dbt__cte__a as (\nx\n),  __dbt__cte__b as (\nx\n) select 1"],
  ["-- c\nselect 1", "with __dbt__cte__a as (\nx\n),  __dbt__cte__b as (\nx\n) -- c\nselect 1"],
])("models without a table of their own stand where dbt puts them: %j", (query, whole) => {
  expect(withCtes(rendering(query), CTES).text).toBe(whole);
});
