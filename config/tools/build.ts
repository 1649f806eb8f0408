import { Command } from "commander";
import { readEngine } from "../cluster/engine.ts";
import { isReachable, REGISTRIES } from "../cluster/registry.ts";
import type { Report } from "../cluster/report.ts";
import { buildAppImage, formatReference } from "../images/app-image.ts";
import { buildBaseImage } from "../images/base.ts";
import { APPS, type App, bundle } from "../images/bundle.ts";

const apps = Object.keys(APPS) as App[];
const program = new Command("npm run build --")
  .description("Bundles the operator and the task image into dist, and builds their container images when asked to.")
  .option("--images", "build the images as well and print their references", false)
  .action(async (options: { readonly images: boolean }) => {
    for (const app of apps) print((await bundle(app)).folder);
    if (options.images) await buildImages();
  });

await program.parseAsync();

async function buildImages(): Promise<void> {
  const report: Report = { signal: new AbortController().signal, log: () => {}, progress: () => {} };
  const engine = await readEngine(report);
  if (!engine) throw new Error("no Docker engine answers: start it, or let `npm start` do it");
  const base = await buildBaseImage(report, engine, await isReachable(REGISTRIES["gcr.io"]));
  for (const app of apps) print(formatReference(await buildAppImage(report, engine, base, app)));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
