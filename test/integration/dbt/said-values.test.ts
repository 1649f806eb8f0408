import { afterAll, beforeAll, expect, test } from "vitest";
import { runTransform } from "../../support/dbt/dbt-command.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";

const READ = "{% set v = run_query('select email from raw.people').columns[0].values()[0] if execute else '' %}";
const model = (text: string) => `${READ}{% if execute %}${text}{% endif %} select 1 as x`;
const raise = (message: string) => `{{ exceptions.raise_compiler_error(${message}) }}`;

/** A failing model, and what of its message is shown. */
const FAILING: readonly (readonly [what: string, text: string, shown: string])[] = [
  ["a joined text", raise("'no address: ' ~ v ~ ' of ' ~ model.name"), "no address: … of failing0"],
  ["a computed text", raise("(v|upper)[2:] ~ '!'"), "…!"],
  ["a formatted text", raise("'no address: {} in {}'.format(v, this.schema)"), "no address: … in "],
  ["a text with signs for places", raise("'address %s is bad' % v"), "address … is bad"],
  ["a block", `{% set m %}address {{ v }} is bad{% endset %}${raise("m")}`, "address … is bad"],
  ["a text that a variable holds", `{% set m = 'bad ' ~ v %}${raise("m")}`, "…"],
  ["a text that a macro is given", "{{ stop('bad ' ~ v) }}", "…"],
  ["another error that is raised", "{{ exceptions.raise_database_error('bad ' ~ v) }}", "bad …"],
  ["a relation that is missing", "{{ exceptions.missing_relation(v) }}", "Relation … not found!"],
  ["a function that is tried", "{{ try_or_compiler_error('bad ' ~ v, modules.re.match, '(', 'a') }}", "bad …"],
  ["a key that is missing", "{{ {}[v].x }}", "has no attribute or key '…'"],
  ["a node that is missing", "{{ ref(v) }}", "there is no model, seed or snapshot '…'"],
  ["a pattern", "{{ modules.re.match('(' ~ v, 'a') }}", "'…' is not a regular expression"],
  ["a time zone", "{{ modules.pytz.timezone(v) }}", "unknown time zone '…'"],
];

/** A model that says something and goes on. */
const SAYING: readonly (readonly [what: string, text: string])[] = [
  ["log", "{% do log('found ' ~ v, info=true) %}"],
  ["print", "{% do print('found ' ~ v) %}"],
  ["a warning", "{% do exceptions.warn('found ' ~ v) %}"],
];

const files = {
  "dbt_project.yml": "name: shop\nvars: {limit: 7}\n",
  "macros.stop.sql": "{% macro stop(msg) %}{{ exceptions.raise_compiler_error(msg) }}{% endmacro %}",
  ...Object.fromEntries(FAILING.map(([, text], index) => [`models.failing${index}.sql`, model(text)])),
  ...Object.fromEntries(SAYING.map(([, text], index) => [`models.saying${index}.sql`, model(text)])),
  "models.clean.sql": `{% if execute %}${raise("'at most ' ~ var('limit') ~ ' of ' ~ this.schema")}{% endif %} select 1 as x`,
};

let server: PostgresServer;
let ran: Awaited<ReturnType<typeof runTransform>>;
beforeAll(async () => {
  server = await startPostgres();
  const warehouse: TestDatabase = await server.createDatabase();
  await warehouse.query("CREATE SCHEMA raw; CREATE TABLE raw.people AS SELECT 'ada@x.example' AS email");
  // One thread runs them all, one after the other: what one has read is nothing to the next.
  ran = await runTransform(warehouse, files, { threads: 1 });
});
afterAll(() => server.stop());

/** What the log has of a model. */
const linesOf = (name: string) =>
  ran.log
    .split("\n")
    .filter((line) => line.includes(`"model.shop.${name}"`))
    .join("\n");

test.each(FAILING.map((row, index) => [...row, index] as const))(
  "a value of a row in %s is hidden, and the template's own text is not",
  (_what, _text, shown, index) => {
    expect(ran.states[`failing${index}`]).toBe("Failed");
    expect(linesOf(`failing${index}`)).toContain(shown);
    expect(linesOf(`failing${index}`)).not.toMatch(/ada|x\.example/i);
  },
);

test.each(SAYING.map(([what], index) => [what, index] as const))(
  "a value of a row in %s is hidden, and the model goes on",
  (_what, index) => {
    expect(ran.states[`saying${index}`]).toBe("Succeeded");
    expect(linesOf(`saying${index}`)).toContain('"text":"found …"');
  },
);

test("no value of a row is anywhere in what the task says, and the failure's detail has it for those who may see it", () => {
  expect(`${(ran.outcome as Error).message}${ran.log}`).not.toMatch(/ada|x\.example/i);
  expect((ran.outcome as { detail: string }).detail).toContain("no address: ada@x.example of failing0");
});

test("a model that has read no row says all that its message is made of", () => {
  expect(linesOf("clean")).toContain("at most 7 of dbt");
});
