import type { MacroDefinition } from "../macros/macro.ts";
import { calledMacros } from "../macros/macro-calls.ts";
import type { MacroLibrary } from "../macros/macro-library.ts";
import { own } from "../project/data.ts";
import type { ProjectPackage } from "../project/project-package.ts";
import { mapOf } from "./columns.ts";
import type { MacroNode } from "./node.ts";
import { type Properties, textOf } from "./properties.ts";

/** Macros as the manifest has them, with what properties files say of them. `describe` renders a description. */
export function macroNodes(
  library: MacroLibrary,
  properties: readonly Properties[],
  packages: readonly ProjectPackage[],
  describe: (properties: Properties, text: string) => string,
): Map<string, MacroNode> {
  const described = new Map(
    properties
      .filter(({ section }) => section === "macros")
      .map((each): readonly [string, Properties] => [`macro.${each.owner.settings.name}.${each.name}`, each]),
  );
  const prefixes = new Map<string, string>(
    packages.map(({ settings, settingsPath }) => [settings.name, settingsPath.replace(/[^/]*$/, "")]),
  );
  return new Map(
    [...library.macros].map(([id, macro]) => [
      id,
      macroNode(macro, library, {
        prefix: prefixes.get(macro.packageName) ?? "",
        properties: described.get(id),
        describe,
      }),
    ]),
  );
}

interface MacroPlace {
  /** Folder of the package below the project that runs. */
  readonly prefix: string;
  readonly properties: Properties | undefined;
  readonly describe: (properties: Properties, text: string) => string;
}

/** What a macro calls is looked for when somebody asks: most runs never do. */
function macroNode(
  macro: MacroDefinition,
  library: MacroLibrary,
  { prefix, properties, describe }: MacroPlace,
): MacroNode {
  const { uniqueId, name, packageName, text, at } = macro;
  const path = at.file.startsWith(prefix) ? at.file.slice(prefix.length) : at.file;
  const data = properties?.data ?? {};
  const docs = mapOf(data, "docs");
  const listed = own(data, "arguments");
  return {
    unique_id: uniqueId,
    name,
    resource_type: "macro",
    package_name: packageName,
    path,
    original_file_path: path,
    macro_sql: text,
    get depends_on() {
      return { macros: calledMacros(macro, library) };
    },
    description: properties === undefined ? "" : describe(properties, textOf(data, "description", "")),
    meta: { ...mapOf(data, "meta"), ...mapOf(mapOf(data, "config"), "meta") },
    docs: { show: docs.show !== false, node_color: typeof docs.node_color === "string" ? docs.node_color : null },
    patch_path: properties === undefined ? null : `${packageName}://${properties.file.originalPath}`,
    arguments: Array.isArray(listed) ? listed.map((each) => ({ ...mapOf({ each }, "each") })) : [],
    created_at: 0,
    supported_languages: null,
  };
}
