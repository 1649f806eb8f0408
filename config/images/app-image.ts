import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { VERSION } from "../../operator/version.ts";
import { run } from "../cluster/command.ts";
import { hashOf, hashOfFiles } from "../cluster/content-hash.ts";
import { REPOSITORY } from "../cluster/directories.ts";
import type { Engine } from "../cluster/engine.ts";
import { hasImage, MADE_HERE, removeOlderImages } from "../cluster/image.ts";
import type { Report } from "../cluster/report.ts";
import { NODE_VERSION } from "../cluster/versions.ts";
import { fetchMacroPackages } from "../macro-packages/macro-packages.ts";
import { billOfMaterials, type Part } from "./bill-of-materials.ts";
import { APPS, type App, bundle } from "./bundle.ts";
import { type BundledPackage, noticesOf, packageFolders, readPackage } from "./bundled-packages.ts";
import { debianPackages } from "./debian-packages.ts";
import { npmArchitecture, packageFolder } from "./platform-package.ts";

const Package = z.object({ version: z.string() });

/** An image reference in the two parts that a chart's values take. */
export interface ImageReference {
  readonly repository: string;
  readonly tag: string;
}

/** Bundles a program and builds its image on the base, unless the engine has that very content. The tag is a hash of it. */
export async function buildAppImage(report: Report, engine: Engine, base: string, app: App): Promise<ImageReference> {
  report.progress(`${app}: bundle`);
  const { folder: context, inputs } = await bundle(app);
  const native = await addNative(report, engine, app, context);
  const folders = packageFolders(inputs).map((folder) => join(REPOSITORY, folder));
  const macros = await addMacros(report, app, context);
  await addPapers(report, app, { npm: [...folders, ...native], macros, base }, context);
  if ("compile" in APPS[app].entries) await mkdir(join(context, "compile-cache"));
  const dockerfile = join(REPOSITORY, APPS[app].dockerfile);
  const repository = `kelt/${app}`;
  const tag = hashOf(base, await hashOfFiles([context, dockerfile]));
  const reference = `${repository}:${tag}`;
  if (await hasImage(report, reference)) return { repository, tag };
  report.progress(`${app}: image`);
  const args = ["build", ...MADE_HERE, "--build-arg", `BASE=${base}`, "-f", dockerfile, "-t", reference, context];
  await run(report, "docker", args, { env: engine.buildEnvironment });
  await removeOlderImages(report, repository, reference);
  return { repository, tag };
}

/**
 * Puts the program's compiled code for the engine's platform beside its bundle, where `require` looks for it. Returns the folders of
 * the packages that it came from.
 */
async function addNative(
  report: Report,
  { architecture }: Engine,
  app: App,
  context: string,
): Promise<readonly string[]> {
  const { native } = APPS[app];
  if (native === undefined) return [];
  const { version } = Package.parse(
    JSON.parse(await readFile(join(REPOSITORY, "node_modules", native.name, "package.json"), "utf8")),
  );
  const name = `${native.name}-linux-${npmArchitecture(architecture)}`;
  const folder = await packageFolder(report, { name, version, file: native.file });
  await cp(folder, join(context, "node_modules", name), { recursive: true, dereference: true });
  return [folder];
}

/** Puts the macros of dbt's adapters beside the bundle, in `macros`. Returns the packages that they came from. */
async function addMacros(report: Report, app: App, context: string): Promise<readonly BundledPackage[]> {
  if (!APPS[app].macros) return [];
  const { macros, packages } = await fetchMacroPackages(report);
  await cp(macros, join(context, "macros"), { recursive: true });
  return packages;
}

/** Where the code of an image comes from. */
interface Sources {
  /** Folders of npm packages. */
  readonly npm: readonly string[];
  readonly macros: readonly BundledPackage[];
  /** The image that it stands on. */
  readonly base: string;
}

/** Writes what an image owes to those whose code is in it: the texts of their licences and a bill of materials. */
async function addPapers(report: Report, app: App, { npm, macros, base }: Sources, context: string): Promise<void> {
  const packages = await Promise.all(npm.map(readPackage));
  const papers = join(context, "papers");
  await mkdir(papers);
  await writeFile(join(papers, "LICENSES.txt"), noticesOf([...packages, ...macros]));
  const args = ["sbom", "--package-lock-only", "--sbom-format", "cyclonedx"];
  const bill = await run(report, "npm", args, { cwd: REPOSITORY, quiet: true });
  const parts = [nodePart, ...macros.map(macroPart), ...(await debianPackages(report, base))];
  await writeFile(
    join(papers, "bom.cdx.json"),
    billOfMaterials({ name: `kelt-${app}`, version: VERSION }, bill, packages, parts),
  );
}

const nodePart: Part = {
  type: "application",
  name: "node",
  version: NODE_VERSION,
  license: "MIT",
  purl: `pkg:generic/node@${NODE_VERSION}`,
};

function macroPart({ name, version, license }: BundledPackage): Part {
  return { type: "library", name, version, license, purl: `pkg:pypi/${name}@${version}` };
}

export function formatReference(image: ImageReference): string {
  return `${image.repository}:${image.tag}`;
}
