import { copyFile, cp } from "node:fs/promises";
import { join } from "node:path";
import { withScratch } from "../cluster/atomic.ts";
import { run } from "../cluster/command.ts";
import { hashOfFiles } from "../cluster/content-hash.ts";
import type { Engine } from "../cluster/engine.ts";
import { hasImage, MADE_HERE } from "../cluster/image.ts";
import type { Report } from "../cluster/report.ts";
import { hasGo } from "../cluster/tool.ts";
import { GO_MINIMUM, VERSITYGW_VERSION } from "../cluster/versions.ts";
import { buildVersitygw } from "../cluster/versitygw.ts";
import type { ImageReference } from "./app-image.ts";

const SOURCE = new URL("versitygw", import.meta.url).pathname;

/** An image of the demo's S3 server, built from its Go module unless the engine has it. */
export async function buildVersitygwImage(report: Report, engine: Engine): Promise<ImageReference> {
  const repository = "kelt/versitygw";
  const tag = `${VERSITYGW_VERSION}-${await hashOfFiles([SOURCE])}`;
  const reference = `${repository}:${tag}`;
  if (await hasImage(report, reference)) return { repository, tag };
  if (!(await hasGo(report))) {
    throw new Error(`this sample's S3 server is built with Go, which is missing: install Go ${GO_MINIMUM} or newer`);
  }
  report.progress(`versitygw ${VERSITYGW_VERSION}`);
  const program = await buildVersitygw(report);
  await withScratch(async (scratch) => {
    const context = join(scratch, "context");
    await cp(SOURCE, context, { recursive: true });
    await copyFile(program, join(context, "versitygw"));
    await run(report, "docker", ["build", ...MADE_HERE, "-t", reference, context], { env: engine.buildEnvironment });
  });
  return { repository, tag };
}
