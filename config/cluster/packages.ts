import { DEBIAN_PACKAGES, type Requirement } from "./advice.ts";
import { run } from "./command.ts";
import type { Report } from "./report.ts";

/** Installs the Debian packages of missing programs; returns their names. */
export async function installPackages(report: Report, missing: readonly Requirement[]): Promise<string[]> {
  const packages = missing.flatMap((requirement) => DEBIAN_PACKAGES[requirement] ?? []);
  if (packages.length === 0) return [];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  report.progress("apt-get update");
  await run(report, "apt-get", ["update", "-q"], { env });
  report.progress(`apt-get install ${packages.join(" ")}`);
  await run(report, "apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages], { env });
  return packages;
}
