import { createHash } from "node:crypto";
import { type Data, type DataMap, isMap } from "../project/data.ts";
import type { AskedPackages } from "./package-files.ts";

export const LOCK_FILE = "package-lock.yml";

/** What dbt adds to an entry before it writes it: the keys that are missing, by the key that says of which kind it is. */
const DEFAULTS: readonly (readonly [kind: string, keys: DataMap])[] = [
  ["local", {}],
  ["tarball", {}],
  ["git", { revision: null, subdirectory: null, "warn-unpinned": null }],
  ["package", { install_prerelease: false }],
  ["private", { provider: null, revision: null, subdirectory: null, "warn-unpinned": null }],
];

/** `sha1_hash` of package-lock.yml: dbt's hash of the packages that are asked for, `_create_sha1_hash` of its `task/deps.py`. */
export function packagesHash({ entries }: Pick<AskedPackages, "entries">): string {
  const texts = entries.map(({ rendered, unrendered }) => pythonJson({ ...completed(rendered), unrendered }));
  return createHash("sha1").update(texts.sort().join("\n")).digest("hex");
}

function completed(entry: Data): DataMap {
  if (!isMap(entry)) return {};
  const [, defaults = {}] = DEFAULTS.find(([kind]) => kind in entry) ?? [];
  return Object.fromEntries(
    Object.entries({ ...defaults, ...entry }).filter(([key, value]) => key !== "name" || value !== null),
  );
}

/** As Python's `json.dumps(value, sort_keys=True)` writes it. */
function pythonJson(data: Data): string {
  if (Array.isArray(data)) return `[${data.map(pythonJson).join(", ")}]`;
  if (isMap(data)) {
    const keys = Object.keys(data).sort();
    return `{${keys.map((key) => `${pythonJson(key)}: ${pythonJson(data[key] as Data)}`).join(", ")}}`;
  }
  if (typeof data === "string") {
    return JSON.stringify(data).replace(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  }
  if (typeof data === "number") return Number.isInteger(data) ? `${data}.0` : String(data);
  return String(data);
}
