import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

const CONNECTIONS = {
  w: { postgres: {} },
  shift: { redshift: { secretRef: "shift" } },
  flake: { snowflake: { account: "acme", database: "D", warehouse: "W", secretRef: "flake" } },
  lake: { s3: { bucket: "lake" } },
  api: { http: { baseUrl: "http://api" } },
  later: { ref: "later" },
};

function problems(load: object) {
  const validation = validatePipeline({ connections: CONNECTIONS, nodes: { raw: { load } } });
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

const tables = (more: object = {}) => ({ connection: "w", tables: ["t"], ...more });
const files = { connection: "lake", files: { t: "t.csv" } };
const to = (connection: string, via?: string) => ({ connection, schema: "raw", ...(via === undefined ? {} : { via }) });

test.each([
  ["tables through a bucket", { from: tables(), to: to("shift", "lake") }],
  ["objects of a bucket", { from: files, to: to("shift") }],
  ["a source that is known later", { from: { ...tables(), connection: "later" }, to: to("shift") }],
  [
    "a contract that evolves and freezes",
    { from: files, to: to("shift"), schemaContract: { tables: "freeze", types: "evolve" } },
  ],
])("Redshift takes %s", (_, load) => {
  expect(problems(load)).toEqual([]);
});

test.each([
  [
    "no bucket between",
    { from: tables(), to: to("shift") },
    "to.via: shift reads objects of a bucket only, and w is not a bucket: name the connection of a bucket that the rows go through",
  ],
  [
    "a bucket too much",
    { from: files, to: to("shift", "lake") },
    "to.via: shift reads the objects of lake itself: leave via out",
  ],
  [
    "a bucket too much before Snowflake",
    { from: files, to: to("flake", "lake") },
    "to.via: flake reads the objects of lake itself: leave via out",
  ],
  [
    "a bucket before Postgres",
    { from: tables(), to: to("w", "lake") },
    "to.via: rows go from w to w without a bucket between them: leave via out",
  ],
  [
    "an API between",
    { from: tables(), to: to("shift", "api") },
    "to.via: expected a connection of kind s3, found api, which is of kind http",
  ],
  [
    "parallel readers",
    { from: tables({ parallel: 2 }), to: to("shift", "lake") },
    "from.parallel: shift takes objects, tables, a query and files, each of them as a whole: leave parallel out, extract into a bucket by a node of its own, or load into Postgres",
  ],
  [
    "a cursor",
    { from: tables({ cursor: { column: "id" } }), to: to("shift", "lake"), mode: "append" },
    "from.cursor: shift takes objects, tables, a query and files, each of them as a whole: leave cursor out, extract into a bucket by a node of its own, or load into Postgres",
  ],
  [
    "values left out",
    { from: files, to: to("shift"), schemaContract: { types: "discardValue" } },
    "schemaContract.types: shift reads objects itself and leaves nothing out: use evolve or freeze, or load into Postgres",
  ],
])("refuses %s", (_, load, message) => {
  expect(problems(load)).toEqual([`spec.nodes[raw].load.${message}`]);
});
