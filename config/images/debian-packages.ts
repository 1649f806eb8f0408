import { z } from "zod";
import { run } from "../cluster/command.ts";
import type { Report } from "../cluster/report.ts";
import { DEBIAN_SUITE } from "../cluster/versions.ts";
import type { Part } from "./bill-of-materials.ts";

/** Prints what a file system says of its Debian packages: dpkg's own list, or a file for each package where dpkg installed none. */
const SCRIPT = `
const { existsSync, readFileSync, readdirSync } = require("node:fs");
const folder = "/var/lib/dpkg/";
const apart = existsSync(folder + "status.d") ? readdirSync(folder + "status.d").map((name) => "status.d/" + name) : [];
const files = ["status", ...apart.filter((name) => !name.endsWith(".md5sums"))].filter((name) => existsSync(folder + name));
console.log(JSON.stringify(files.map((name) => readFileSync(folder + name, "utf8"))));`;

/** The Debian packages of an image that Node.js runs in. Throws where the image does not say them. */
export async function debianPackages(report: Report, image: string): Promise<readonly Part[]> {
  const args = ["run", "--rm", "--network", "none", image, "-e", SCRIPT];
  const found = await run(report, "docker", args, { quiet: true });
  const packages = parseControl(z.array(z.string()).parse(JSON.parse(found)));
  if (packages.length > 0) return packages;
  throw new Error(
    `expected ${image} to say its Debian packages in /var/lib/dpkg, found none: a bill of materials would lack them`,
  );
}

/** The installed packages of files in the form of dpkg's database, by their names: man 5 deb-control, dpkg(1). */
export function parseControl(texts: readonly string[]): readonly Part[] {
  const paragraphs = texts.flatMap((text) => text.split(/\n[ \t]*\n/));
  const parts = paragraphs.flatMap((paragraph): Part[] => {
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(\\S.*?)[ \\t]*$`, "m").exec(paragraph)?.[1];
    const [name, version, architecture] = [field("Package"), field("Version"), field("Architecture")];
    const status = field("Status");
    if (name === undefined || version === undefined || (status !== undefined && !/ installed$/.test(status))) return [];
    const qualifiers = `arch=${architecture ?? "all"}&distro=${DEBIAN_SUITE}`;
    // https://github.com/package-url/purl-spec/blob/main/types-doc/deb-definition.md
    const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?${qualifiers}`;
    return [{ type: "library", name, version, purl }];
  });
  return parts.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
