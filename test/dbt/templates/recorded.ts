import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { StatementResult } from "../../../task-image/dbt/bridge/messages.ts";

/** Where the templates lie, a file for each topic, and beside them the project that they are templates of. */
export const TEMPLATES = new URL(".", import.meta.url).pathname;
export const PROJECT = join(TEMPLATES, "project");
export const ANSWERS = join(TEMPLATES, "answers.yaml");

const Template = z.strictObject({
  template: z.string(),
  /** What dbt makes of it; `record.ts` writes it. */
  text: z.string().optional(),
  /** What dbt says where it makes nothing of it. */
  refused: z.string().optional(),
  /** What kelt makes of it where that is something else; null where it refuses it. */
  kelt: z.string().nullable().optional(),
});
export type RecordedTemplate = z.infer<typeof Template>;

/** Templates by the file that they stand in. */
export function recordedTemplates(): ReadonlyMap<string, readonly RecordedTemplate[]> {
  const files = readdirSync(TEMPLATES).filter((name) => name.endsWith(".yaml") && !ANSWERS.endsWith(name));
  return new Map(files.sort().map((name) => [name, z.array(Template).parse(readYaml(join(TEMPLATES, name)))] as const));
}

const Answer = z.strictObject({
  sql: z.string(),
  tag: z.string(),
  columns: z.array(z.strictObject({ name: z.string(), type: z.int() })),
  rows: z.array(z.array(z.string().nullable())),
});

/** What a Postgres answers to the queries of the templates, by their text. */
export function recordedAnswers(): ReadonlyMap<string, StatementResult> {
  return new Map(
    z
      .array(Answer)
      .parse(readYaml(ANSWERS))
      .map(({ sql, ...answer }) => [sql, answer] as const),
  );
}

function readYaml(file: string): unknown {
  return parse(readFileSync(file, "utf8"));
}

/** A template as it is rendered: dbt reads every template twice, and only the second time it is `execute`d. */
export function asRendered(template: string): string {
  return `{% if execute %}${template}{% endif %}`;
}
