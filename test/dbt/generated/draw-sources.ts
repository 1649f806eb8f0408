import { stringify } from "yaml";
import { drawTests } from "./draw-tests.ts";
import type { Plan, Tree } from "./plan.ts";
import { drawRows, laterRows, toSql } from "./rows.ts";

const TYPES = "(id integer, grp text, amount numeric(12,2), at timestamp)";

/** One or two sources with a table or two, some of them with names that need quotes. */
export function drawSources(plan: Plan): void {
  const { draw, files } = plan;
  const sources = Array.from({ length: 1 + draw.below(2) }, (_, index) => drawSource(plan, `raw${index}`));
  files.set("models/sources.yml", stringify({ version: 2, sources }));
}

function drawSource(plan: Plan, name: string): Tree {
  const { draw } = plan;
  const schema = draw.one([name, `${name}_place`, "Raw Place"]);
  // What is not quoted has lower case at the server.
  const quotes = draw.maybe(0.5, () => ({
    ...(schema === "Raw Place" ? {} : { schema: draw.chance(0.5) }),
    ...(draw.chance(0.5) ? { database: draw.chance(0.5) } : {}),
  }));
  plan.before.push(`CREATE SCHEMA IF NOT EXISTS "${schema}";`);
  const tables = Array.from({ length: 1 + draw.below(2) }, (_, index) =>
    drawTable(plan, name, schema, `${draw.one(["events", "things", "Mixed"])}${index}`),
  );
  return {
    name,
    ...(schema === name ? {} : { schema }),
    ...(draw.chance(0.3) ? { database: "{{ target.database }}" } : {}),
    ...(quotes === undefined ? {} : { quoting: quotes }),
    ...(draw.chance(0.3) ? { tags: ["of_source"], description: "What others bring." } : {}),
    ...(draw.chance(0.5)
      ? { loaded_at_field: "at", freshness: { warn_after: { count: 1, period: "day" }, error_after: null } }
      : {}),
    tables,
  };
}

function drawTable(plan: Plan, source: string, schema: string, name: string): Tree {
  const { draw, before, between, inputs } = plan;
  const identifier = draw.maybe(0.3, () => draw.one([`${name}_v1`, `${name} kept`]));
  const stored = identifier ?? name;
  const isLower = /^[a-z0-9_]+$/.test(stored);
  const place = `"${schema}"."${stored}"`;
  const rows = drawRows(draw, 4 + draw.below(8));
  before.push(`CREATE TABLE ${place} ${TYPES};`, `INSERT INTO ${place} VALUES ${toSql(rows)};`);
  const later = laterRows(draw, rows);
  between.push(`TRUNCATE ${place};`, ...(later.length === 0 ? [] : [`INSERT INTO ${place} VALUES ${toSql(later)};`]));
  inputs.push({ call: `source('${source}', '${name}')`, name: `${source}.${name}`, isBuilt: true });
  return {
    name,
    ...(identifier === undefined ? {} : { identifier }),
    ...(isLower && draw.chance(0.3) ? { quoting: { identifier: draw.chance(0.5) } } : {}),
    ...(draw.chance(0.2) ? { description: "A table of it.", meta: { owner: "them" } } : {}),
    ...drawTests(plan, 0.4),
  };
}
