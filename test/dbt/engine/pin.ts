import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { z } from "zod";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { REQUIREMENTS } from "./python.ts";

// Writes requirements.txt: what pip would install of real dbt on each kind of machine that tests run on. `node test/dbt/engine/pin.ts`

/** The pair of versions that dbt-core resolves to; `test/dbt/pins.test.ts` holds them against the macro packages of the image. */
const DBT = ["dbt-core==1.11.16", "dbt-postgres==1.10.2", "dbt-adapters==1.24.5"];
const PYTHONS = ["3.11", "3.12", "3.13"];
const PLATFORMS: readonly (readonly string[])[] = [
  ["manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64"],
  ["manylinux2014_aarch64", "manylinux_2_17_aarch64", "manylinux_2_28_aarch64"],
  ["macosx_11_0_arm64", "macosx_12_0_arm64", "macosx_14_0_arm64"],
];

/** https://pip.pypa.io/en/stable/reference/installation-report/ */
const InstallationReport = z.object({
  install: z.array(
    z.object({
      metadata: z.object({ name: z.string(), version: z.string() }),
      download_info: z.object({ archive_info: z.object({ hashes: z.object({ sha256: z.string() }) }) }),
    }),
  ),
});

const hashes = new Map<string, Set<string>>();
for (const python of PYTHONS) {
  for (const platforms of PLATFORMS) await resolve(python, platforms);
}
const head = [
  "# Real dbt, the reference of the comparison, and all that it needs. `test/dbt/engine/pin.ts` writes this file.",
];
const lines = [...hashes].sort().map(([pin, known]) => {
  return [pin, ...[...known].sort().map((hash) => `    --hash=sha256:${hash}`)].join(" \\\n");
});
await writeFile(REQUIREMENTS, `${[...head, ...lines].join("\n")}\n`);

async function resolve(python: string, platforms: readonly string[]): Promise<void> {
  const where = platforms.flatMap((platform) => ["--platform", platform]);
  const how = ["--dry-run", "--ignore-installed", "--quiet", "--report", "-", "--target", temporaryDirectory("pin")];
  const args = ["-m", "pip", "install", ...how, "--only-binary", ":all:", "--python-version", python, ...where, ...DBT];
  const { stdout } = await promisify(execFile)("python3", args, { maxBuffer: 1 << 26 });
  for (const { metadata, download_info } of InstallationReport.parse(JSON.parse(stdout)).install) {
    const pin = `${metadata.name.toLowerCase()}==${metadata.version}`;
    hashes.set(pin, (hashes.get(pin) ?? new Set()).add(download_info.archive_info.hashes.sha256));
  }
}
