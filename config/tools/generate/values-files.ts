import { Document, type Pair, type Scalar, YAMLMap } from "yaml";
import { z } from "zod";
import { ChartValues } from "./chart-values.ts";
import { YAML_HEADER } from "./header.ts";

interface ValuesSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, ValuesSchema>>;
}

function chartSchema() {
  return z.toJSONSchema(ChartValues, { target: "draft-7", io: "input", reused: "inline", cycles: "throw" });
}

/** helm/values.schema.json, which Helm checks values against before it renders anything. */
export function valuesSchemaJson(): string {
  return `${JSON.stringify(chartSchema(), null, 2)}\n`;
}

/** helm/values.yaml: every value with its default, below the sentence that describes it. */
export function valuesYaml(): string {
  const document = new Document(valuesMap(chartSchema() as ValuesSchema));
  return `${YAML_HEADER}${document.toString({ lineWidth: 0 })}`;
}

function valuesMap(schema: ValuesSchema): YAMLMap {
  const map = new YAMLMap();
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    map.add(new Document().createPair(name, hasFieldDefaults(field) ? valuesMap(field) : field.default));
    const pair = map.items.at(-1) as Pair<Scalar>;
    pair.key.commentBefore = wrap(field.description ?? "", 116);
  }
  return map;
}

/** An object without a default of its own, or with an empty one, consists of the defaults of its fields. */
function hasFieldDefaults({ properties, default: preset }: ValuesSchema): boolean {
  return properties !== undefined && (preset === undefined || Object.keys(preset as object).length === 0);
}

/** Lines of at most `width` characters, each with the space that follows the comment sign. */
function wrap(text: string, width: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    if (`${lines[last]} ${word}`.length > width) lines.push(` ${word}`);
    else lines[last] = `${lines[last]} ${word}`;
  }
  return lines.join("\n");
}
