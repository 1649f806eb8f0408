import { LIMITS, readZip } from "./zip.ts";

/**
 * Where each file of a wheel goes that an adapter's macros need: `macros/PACKAGE/…` for SQL and YAML below `dbt/include/PACKAGE`, and
 * `licenses/…` for the texts of its licence. Everything else stays behind.
 */
const WANTED: readonly (readonly [RegExp, string])[] = [
  [/^dbt\/include\/([a-z_]+\/.+\.(?:sql|yml))$/, "macros/"],
  [/^[^/]+\.dist-info\/(?:licenses\/)?((?:LICEN[CS]E|NOTICE)[^/]*)$/i, "licenses/"],
];

/**
 * The wanted files of a wheel, by the path below the folder that they are unpacked into. Throws where the archive is not one to trust
 * (`zip.ts`), is too large, or has no macros or no licence.
 */
export function filesOfWheel(wheel: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  let total = 0;
  for (const { name, read } of readZip(wheel)) {
    const path = placeOf(name);
    if (path === undefined) continue;
    const bytes = read();
    total += bytes.length;
    if (total > LIMITS.all) throw new Error(`the macro files have more than ${LIMITS.all} bytes`);
    files.set(path, bytes);
  }
  for (const folder of ["macros/", "licenses/"]) {
    const isThere = [...files.keys()].some((path) => path.startsWith(folder));
    if (!isThere) throw new Error(`the wheel has no files for ${folder}: it is not one of an adapter of dbt`);
  }
  return files;
}

function placeOf(name: string): string | undefined {
  for (const [pattern, folder] of WANTED) {
    const path = pattern.exec(name)?.[1];
    if (path !== undefined) return `${folder}${path}`;
  }
  return undefined;
}
