import { z } from "zod";
import type { Position } from "../jinja/position.ts";
import { ProblemError } from "../jinja/problem.ts";
import { fromYaml } from "./host-value.ts";
import { type Setting, type Settings, settingName } from "./model-config.ts";
import { readYaml, type YamlDocument } from "./yaml-document.ts";

const name = z.string().min(1);
const SourceTable = z.looseObject({ name, identifier: z.string().min(1).optional() });
const Source = z.looseObject({
  name,
  schema: z.string().min(1).optional(),
  database: z.string().min(1).optional(),
  tables: z.array(SourceTable).nullish(),
});
const ModelProperties = z.looseObject({ name, config: z.record(z.string(), z.unknown()).nullish() });
const PropertiesYaml = z.looseObject({
  sources: z.array(Source).nullish(),
  models: z.array(ModelProperties).nullish(),
  snapshots: z.array(z.looseObject({ name })).nullish(),
});

/** A table that a project reads and does not make. */
export interface SourceTableProperties {
  readonly source: string;
  readonly table: string;
  readonly schema: string;
  readonly identifier: string;
  readonly database: string | undefined;
  readonly at: Position;
}

export interface Properties {
  readonly sources: readonly SourceTableProperties[];
  /** Settings of models by their names. */
  readonly models: readonly { readonly name: string; readonly settings: Settings; readonly at: Position }[];
}

/** Renders the templates that stand in values of a properties file, such as `schema: "{{ var('raw') }}"`. */
export type RenderText = (text: string, at: Position) => string;

/**
 * Reads a properties file: sources and the configuration of models. Descriptions, columns, tests and everything that belongs
 * to other steps is left out.
 *
 * @throws {ProblemError} where it cannot be read or asks for what is not supported.
 */
export function readProperties(file: string, text: string, render: RenderText): Properties {
  const document = readYaml(file, text, PropertiesYaml);
  const { sources, models, snapshots } = document.value;
  if (snapshots?.some((snapshot) => "relation" in snapshot)) {
    throw new ProblemError("snapshots are not supported yet: remove them", document.position(["snapshots", 0]));
  }
  return {
    sources: (sources ?? []).flatMap((source, index) => readSource(source, index, document, render)),
    models: (models ?? []).map((model, index) => ({
      name: model.name,
      settings: readSettings(model.config ?? {}, ["models", index, "config"], document),
      at: document.position(["models", index, "name"]),
    })),
  };
}

function readSource(
  source: z.infer<typeof Source>,
  index: number,
  document: YamlDocument<unknown>,
  render: RenderText,
): SourceTableProperties[] {
  const path = ["sources", index];
  const rendered = (value: string, ...keys: (string | number)[]) =>
    render(value, document.position([...path, ...keys]));
  const schema = rendered(source.schema ?? source.name, "schema");
  const database = source.database === undefined ? undefined : rendered(source.database, "database");
  return (source.tables ?? []).map((table, number) => ({
    source: source.name,
    table: table.name,
    schema,
    identifier: rendered(table.identifier ?? table.name, "tables", number, "identifier"),
    database,
    at: document.position([...path, "tables", number, "name"]),
  }));
}

function readSettings(
  config: Readonly<Record<string, unknown>>,
  path: readonly (string | number)[],
  document: YamlDocument<unknown>,
): Settings {
  const entries = Object.entries(config).map(([key, value]): readonly [string, Setting] => [
    settingName(key),
    { value: fromYaml(value), at: document.position([...path, key]) },
  ]);
  return new Map(entries);
}
