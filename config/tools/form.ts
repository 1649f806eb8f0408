import { formSchema } from "../../operator/params/form-schema.ts";
import { readYamlFiles } from "./lint/yaml-files.ts";
import { pipelinesIn } from "./lint/yaml-text.ts";

/** The JSON Schema of each Pipeline's parameters, by the Pipelines' names. Throws for a file that cannot be read. */
export async function formSchemas(paths: readonly string[]): Promise<Readonly<Record<string, object>>> {
  const files = await readYamlFiles(paths, process.stdin);
  const schemas = files
    .flatMap(({ text }) => pipelinesIn(text))
    .flatMap(([name, params]) => (params === undefined ? [] : [[name, formSchema(params)] as const]));
  return Object.fromEntries(schemas);
}

if (import.meta.main) {
  process.stdout.write(`${JSON.stringify(await formSchemas(process.argv.slice(2)), undefined, 2)}\n`);
}
