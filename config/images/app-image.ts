import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { run } from "../cluster/command.ts";
import { hashOf, hashOfFiles } from "../cluster/content-hash.ts";
import { REPOSITORY } from "../cluster/directories.ts";
import type { Engine } from "../cluster/engine.ts";
import { hasImage, MADE_HERE, removeOlderImages } from "../cluster/image.ts";
import type { Report } from "../cluster/report.ts";
import { APPS, type App, bundle } from "./bundle.ts";
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
  const context = await bundle(app);
  await addNative(report, engine, app, context);
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

/** Puts the program's compiled code for the engine's platform beside its bundle, where `require` looks for it. */
async function addNative(report: Report, { architecture }: Engine, app: App, context: string): Promise<void> {
  const { native } = APPS[app];
  if (native === undefined) return;
  const { version } = Package.parse(
    JSON.parse(await readFile(join(REPOSITORY, "node_modules", native.name, "package.json"), "utf8")),
  );
  const name = `${native.name}-linux-${npmArchitecture(architecture)}`;
  const folder = await packageFolder(report, { name, version, file: native.file });
  await cp(folder, join(context, "node_modules", name), { recursive: true, dereference: true });
}

export function formatReference(image: ImageReference): string {
  return `${image.repository}:${image.tag}`;
}
