import { spawn } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import pg from "pg";
import { Document, isMap, isScalar, isSeq, Scalar, visit } from "yaml";
import { z } from "zod";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { startPostgres } from "../../support/servers/postgres.ts";
import { dbtPython } from "../engine/python.ts";
import { startRealDbt } from "../engine/real-dbt.ts";
import type { Target } from "../harness/engine.ts";
import { openWarehouse } from "../harness/warehouse.ts";
import { ANSWERS, asRendered, PROJECT, type RecordedTemplate, recordedTemplates, TEMPLATES } from "./recorded.ts";
import { templateRenderer } from "./renderer.ts";

// Writes what real dbt makes of every template of this folder into its file: `node test/dbt/templates/record.ts`, a few minutes.

const server = await startPostgres({ timezone: "UTC" });
const warehouse = await openWarehouse(server);
const target = warehouse.target("dev", 4);
const dbt = await startRealDbt();
const files = recordedTemplates();
const templates = [...files.values()].flat();
const all = [...new Set(templates.map(({ template }) => template))];

const outcomes = new Map<string, Pick<RecordedTemplate, "text" | "refused">>();
// `--all` asks anew what is recorded already.
if (!process.argv.includes("--all"))
  for (const { template, text, refused } of templates)
    if ((text ?? refused) !== undefined) outcomes.set(template, { text, refused });
// What cannot be parsed ends a whole command of dbt: it is asked of its parser before.
for (const [index, refused] of (await parsed(all)).entries())
  if (refused !== null) outcomes.set(all[index] ?? "", { refused });
const open = () => all.filter((template) => !outcomes.has(template));
for (let left = open(); left.length > 0; left = open()) {
  const { results, problem } = await dbt.run({ project: projectOf(left), target, command: "run", options: {} });
  for (const { node, compiled = "", message, status } of results) {
    const template = left[numberIn(node)];
    if (template !== undefined)
      outcomes.set(template, status === "error" ? { refused: sentence(message) } : { text: compiled });
  }
  if (problem === undefined) continue;
  // Some refusals end the whole command: the others are tried again without that template.
  const template = left[numberIn(problem)];
  if (template === undefined) throw new Error(problem);
  outcomes.set(template, { refused: sentence(problem) });
}
for (const [file, templates] of files) {
  const recorded = templates.map(({ template, kelt }) => ({ template, ...outcomes.get(template), kelt }));
  writeYaml(join(TEMPLATES, file), recorded, (key) => key === "template");
}
writeYaml(ANSWERS, await answersOf(target), () => false);
await dbt[Symbol.asyncDispose]();
await warehouse[Symbol.asyncDispose]();
await server.stop();

/** What dbt's parser says of templates; null where it takes them. */
async function parsed(templates: readonly string[]): Promise<readonly (string | null)[]> {
  const child = spawn(await dbtPython(), [join(TEMPLATES, "parse.py")], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(templates.map(asRendered)));
  return z.array(z.string().nullable()).parse(JSON.parse(await text(child.stdout)));
}

/** The number of the template that a text speaks of. */
function numberIn(text: string): number {
  return Number(/\bt(\d+)\b/.exec(text)?.[1]);
}

function projectOf(templates: readonly string[]): string {
  const project = join(temporaryDirectory("dbt-templates"), "project");
  cpSync(PROJECT, project, { recursive: true });
  mkdirSync(join(project, "models/templates"));
  for (const [index, template] of templates.entries())
    writeFileSync(join(project, "models/templates", `t${index}.sql`), asRendered(template));
  return project;
}

/** dbt's words without the file that the template happened to have. */
function sentence(message: string): string {
  const lines = message.split("\n").map((line) => line.trim());
  return lines.find((line) => line !== "" && !/\bt\d+\b/.test(line)) ?? message;
}

/** What the database answers to the queries that kelt sends for the templates. */
async function answersOf({ host, port, user, password, database }: Target) {
  const queries = new Set<string>();
  const render = templateRenderer((sql) => {
    if (sql.startsWith("select")) queries.add(sql);
    return { tag: "", columns: [], rows: [] };
  });
  for (const template of all) {
    try {
      render(asRendered(template));
    } catch {
      // Only its queries are wanted.
    }
  }
  const client = new pg.Client({ host, port, user, password, database, types: { getTypeParser: () => String } });
  await client.connect();
  const answers = [];
  for (const sql of [...queries].sort()) {
    const answer = await client.query({ text: sql, rowMode: "array" }).catch(() => undefined);
    if (answer === undefined) continue;
    const columns = answer.fields.map((field) => ({ name: field.name, type: field.dataTypeID }));
    answers.push({ sql, tag: `${answer.command} ${answer.rowCount}`, columns, rows: answer.rows });
  }
  await client.end();
  return answers;
}

/** Texts in blocks where YAML can, so that they stand there as they are. */
function writeYaml(file: string, data: unknown, inBlock: (key: string) => boolean): void {
  const document = new Document(data);
  visit(document, {
    Pair: (_, { key, value }) => {
      if (isScalar(key) && isScalar(value) && inBlock(String(key.value))) value.type = Scalar.BLOCK_LITERAL;
      // A block would lose ends of lines.
      else if (isScalar(value) && typeof value.value === "string") value.type = Scalar.QUOTE_DOUBLE;
      if (isScalar(key) && isSeq(value) && key.value === "rows") value.flow = true;
      if (isScalar(key) && isSeq(value) && key.value === "columns") value.flow = true;
      return isMap(value) ? visit.SKIP : undefined;
    },
  });
  writeFileSync(
    file,
    document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: 1e9, flowCollectionPadding: false }),
  );
}
