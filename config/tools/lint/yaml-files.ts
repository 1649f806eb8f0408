import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";

/** A YAML text and where it came from. */
export interface YamlFile {
  readonly name: string;
  readonly text: string;
  /** Whether the user named this file and not a folder above it. */
  readonly named: boolean;
}

const STANDARD_INPUT = "-";

/** Reads files, the YAML files in folders, and standard input for `-`. Rejects with the path of what cannot be read. */
export async function readYamlFiles(
  paths: readonly string[],
  input: AsyncIterable<Uint8Array | string>,
): Promise<readonly YamlFile[]> {
  const found: YamlFile[] = [];
  for (const path of paths) {
    if (path === STANDARD_INPUT) {
      found.push({ name: "<stdin>", text: await readAll(input as Parameters<typeof readAll>[0]), named: true });
    } else if ((await stat(path)).isDirectory()) {
      for (const name of await yamlFilesIn(path)) {
        found.push({ name, text: await readFile(name, "utf8"), named: false });
      }
    } else {
      found.push({ name: path, text: await readFile(path, "utf8"), named: true });
    }
  }
  return found;
}

/** Every YAML or JSON file below a folder by name, but for what hides behind a dot and installed packages. */
async function yamlFilesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const visible = entries.filter(({ name }) => !name.startsWith(".") && name !== "node_modules");
  const names = await Promise.all(
    visible.map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return yamlFilesIn(path);
      return entry.isFile() && /\.(ya?ml|json)$/.test(entry.name) ? [path] : [];
    }),
  );
  return names.flat().sort();
}
