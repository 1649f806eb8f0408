import { accessManifest, accessTemplate, aggregatedManifest } from "./access-files.ts";
import { crdFiles } from "./crd-files.ts";
import { referenceMarkdown } from "./reference.ts";
import { valuesSchemaJson, valuesYaml } from "./values-files.ts";

/** Every generated file of the repository: its path from the root, and what it must hold. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ...crdFiles(),
    ["crds/reference.md", referenceMarkdown()],
    ["helm/values.yaml", valuesYaml()],
    ["helm/values.schema.json", valuesSchemaJson()],
    ["helm/templates/_access.tpl", accessTemplate()],
    ["config/base/access.yaml", accessManifest()],
    ["config/base/aggregated-access.yaml", aggregatedManifest()],
  ]);
}
