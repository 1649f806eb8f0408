import { type Engine, readEngine, startEngine } from "../cluster/engine.ts";
import { pullImage } from "../cluster/image.ts";
import { BASE_ROOT, makeRootFileSystem, NODE_ROOT, POSTGRES_ROOT, PROXY_ROOT } from "../cluster/offline/debian.ts";
import { buildPrograms } from "../cluster/offline/go-tools.ts";
import { installPackages } from "../cluster/packages.ts";
import type { Report } from "../cluster/report.ts";
import { findTool } from "../cluster/tool.ts";
import { BASE_IMAGE, type ToolName } from "../cluster/versions.ts";
import { buildAppImage, formatReference } from "../images/app-image.ts";
import { buildBaseImage } from "../images/base.ts";
import { buildPostgresImage } from "../images/postgres-image.ts";
import { buildVersitygwImage } from "../images/versitygw-image.ts";
import { publishedPostgres } from "./demo.ts";
import type { Machine } from "./machine.ts";
import { addMade } from "./made.ts";
import type { Plan } from "./plan.ts";
import type { Sample } from "./sample.ts";
import { done, Step } from "./step.ts";
import type { Images, Tools } from "./target.ts";

export function packagesStep(plan: Plan): Step<unknown> {
  return new Step("packages", [], async (report) => {
    const installed = await installPackages(report, plan.install);
    await addMade({ packages: installed });
    return done(undefined, installed.length === 0 ? "nothing is missing" : `installed ${installed.join(", ")}`);
  });
}

export function engineStep(packages: Step<unknown>, machine: Machine): Step<Engine> {
  return new Step(
    "docker engine",
    [packages],
    async (report) => {
      const running = await readEngine(report);
      if (running) return done(running, `${running.version}, running`);
      report.progress("starting");
      await startEngine(report, machine.platform, (enginePid) => addMade({ enginePid }));
      const started = await readEngine(report);
      if (!started) throw new Error("the Docker engine answered once and does not any more");
      return done(started, `${started.version}, started`);
    },
    "The engine's own log says more: dockerd.log in the build cache, or `journalctl -u docker`.",
  );
}

export function toolsStep(plan: Plan, machine: Machine): Step<Tools> {
  return new Step(
    "tools",
    [],
    async (report) => {
      // A tool may be built and not be linked: a start may have been killed between the two.
      if (plan.build.length > 0 || machine.lackingTools.length > 0) await buildPrograms(report, plan.build);
      const [kind, kubectl, helm] = await Promise.all([
        toolPath(report, "kind"),
        toolPath(report, "kubectl"),
        toolPath(report, "helm"),
      ]);
      const words = `kind ${kind.version}, kubectl ${kubectl.version}, helm ${helm.version}`;
      return done({ kind: kind.path, kubectl: kubectl.path, helm: helm.path }, words);
    },
    "Modules that did not arrive are fetched again; what was compiled is kept.",
  );
}

async function toolPath(report: Report, name: ToolName) {
  const tool = await findTool(report, name);
  if (!tool) throw new Error(`${name} is neither on PATH in a version that will do nor built`);
  return tool;
}

/** Small file systems first: the images that need them are built while the rest is on its way. */
export function debianStep(packages: Step<unknown>, machine: Machine, plan: Plan): Step<unknown> {
  return new Step("file systems", [packages], async (report) => {
    const needed = [
      ...(machine.canPull.base ? [] : [BASE_ROOT]),
      ...(machine.canPull.postgres ? [] : [POSTGRES_ROOT]),
      ...(plan.buildsNode ? [PROXY_ROOT, NODE_ROOT] : []),
    ];
    for (const root of needed) await makeRootFileSystem(report, root);
    return done(
      undefined,
      needed.length === 0 ? "not needed" : `Debian for ${needed.map((root) => root.name).join(", ")}`,
    );
  });
}

export function imagesStep(
  engine: Step<Engine>,
  debian: Step<unknown>,
  machine: Machine,
  servers: Sample["servers"],
): Step<Images> {
  return new Step(
    "images",
    [engine, debian],
    async (report) => {
      if (machine.canPull.base && (await pullImage(report, BASE_IMAGE))) await addMade({ images: [BASE_IMAGE] });
      const base = await buildBaseImage(report, engine.value, machine.canPull.base);
      const operator = await buildAppImage(report, engine.value, base, "operator");
      const task = await buildAppImage(report, engine.value, base, "task");
      const postgres = machine.canPull.postgres ? publishedPostgres() : await buildPostgresImage(report, engine.value);
      const store = servers.includes("versitygw") ? { versitygw: await buildVersitygwImage(report, engine.value) } : {};
      const images = { operator, task, postgres, ...store };
      return done(images, Object.values(images).map(formatReference).join(", "));
    },
    "An error with a file's name is in the sources; anything else is Docker's.",
  );
}
