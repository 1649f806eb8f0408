import { rm } from "node:fs/promises";
import { relative } from "node:path";
import { Command } from "commander";
import { CLUSTER, deleteCluster, NODE } from "../cluster/cluster.ts";
import { attempt, run } from "../cluster/command.ts";
import { CACHE, REPOSITORY, STATE } from "../cluster/directories.ts";
import { isEngine, readEngine, stopEngine } from "../cluster/engine.ts";
import { MADE_LABEL } from "../cluster/image.ts";
import { removeWorkshops } from "../cluster/offline/node-image.ts";
import { findProgram } from "../cluster/platform.ts";
import type { Report } from "../cluster/report.ts";
import { findTool } from "../cluster/tool.ts";
import { takeTurn } from "../cluster/turn.ts";
import { clearContext, copyContext } from "./context-cluster.ts";
import { addMade, forgetContext, type Made, readMade } from "./made.ts";
import { OPERATOR_NAMESPACE } from "./operator.ts";
import { readSample, sampleNames } from "./sample.ts";

/** One thing that was made: what is said of it, and how it is removed. */
interface Removal {
  readonly words: string;
  remove(): Promise<unknown>;
}

const report: Report = { signal: new AbortController().signal, log: () => {}, progress: () => {} };

const program = new Command("npm run down --")
  .description("Removes what `npm start` made and nothing else: says what, then does it.")
  .option("--cache", "remove the build cache as well: the next start builds everything again", false)
  .option("--context <name>", "remove it from the cluster of this context, where `npm start -- --context` put it")
  .action(async (options: { readonly cache: boolean; readonly context?: string }) => {
    const endTurn = await takeTurn(report.signal, (holder) =>
      print(`Waits for the end of \`npm start\`, process ${holder}.`),
    );
    try {
      await (options.context === undefined ? down(options) : downContext(options.context));
    } finally {
      await endTurn();
    }
  });
try {
  await program.parseAsync();
} catch (error) {
  print(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function down(options: { readonly cache: boolean }): Promise<void> {
  const made = await readMade();
  const removals = await findRemovals(made, options.cache);
  if (removals.length === 0) return print("There is nothing to remove.");
  print("Removes:");
  for (const removal of removals) print(`  ${removal.words}`);
  for (const removal of removals) await removal.remove();
  print("Removed.");
  if (!options.cache)
    print(`The build cache ${CACHE} stays for the next start: \`npm run down -- --cache\` removes it.`);
  for (const context of Object.keys(made.contexts)) {
    print(`What is in the cluster of ${context} stays: \`npm run down -- --context ${context}\` removes it.`);
  }
  if (made.packages.length > 0)
    print(`Debian packages stay: \`apt-get purge ${made.packages.join(" ")}\` removes them.`);
}

/** Removes from a cluster of the user's own what was put there. */
async function downContext(context: string): Promise<void> {
  const before = (await readMade()).contexts[context];
  if (!before) throw new Error(`nothing was put into the cluster of ${context} from this folder`);
  const [kubectl, helm] = await Promise.all([findTool(report, "kubectl"), findTool(report, "helm")]);
  if (!kubectl || !helm) throw new Error("kubectl and helm are needed to remove what `npm start` put into the cluster");
  const samples = await Promise.all((await sampleNames()).map(readSample));
  const namespaces = [OPERATOR_NAMESPACE, ...new Set(samples.map((sample) => sample.namespace))];
  const gone = namespaces.filter((name) => !before.namespaces.includes(name));
  print(`Removes from the cluster of ${context}: namespaces ${gone.join(", ") || "none"}`);
  if (!before.hadRelease) print("  the Helm release kelt");
  if (!before.hadDefinitions) print("  the CustomResourceDefinitions of kelt.dev, and with them every pipeline");
  const kubernetes = await copyContext(report, { kubectl: kubectl.path, helm: helm.path }, context);
  await clearContext(report, kubernetes, namespaces, before);
  await forgetContext(context);
  print("Removed.");
}

/** In the order of removing: what stands on something else comes before it. */
async function findRemovals(made: Made, withCache: boolean): Promise<Removal[]> {
  const engine = (await findProgram("docker")) ? await readEngine(report) : undefined;
  if (engine) await removeWorkshops(report);
  const removals = engine ? [...(await findCluster()), ...(await findImages(made)), ...findNetwork(made)] : [];
  const pid = made.enginePid;
  if (pid !== undefined && (await isEngine(pid))) {
    removals.push({
      words: `the Docker engine that was started, process ${pid}`,
      remove: () => stopEngine(report, pid),
    });
  }
  removals.push({ words: `${relative(REPOSITORY, STATE)} and dist of this folder`, remove: () => removeFolders(made) });
  if (withCache) removals.push({ words: CACHE, remove: () => rm(CACHE, { recursive: true, force: true }) });
  return removals;
}

async function findCluster(): Promise<Removal[]> {
  const node = await attempt(report, "docker", ["inspect", "--format", "{{.Id}}", NODE]);
  if (node.code !== 0) return [];
  const kind = await findTool(report, "kind");
  if (!kind) throw new Error(`the cluster ${CLUSTER} is there and kind is not: \`docker rm -f -v ${NODE}\``);
  return [{ words: `the kind cluster ${CLUSTER}`, remove: () => deleteCluster(report, kind.path) }];
}

async function findImages(made: Made): Promise<Removal[]> {
  const format = ["--format", "{{.Repository}}:{{.Tag}}"];
  const listed = await run(report, "docker", ["images", "--filter", `label=${MADE_LABEL}`, ...format]);
  const built = listed.split("\n").filter((reference) => reference !== "" && !reference.includes("<none>"));
  const references = [...built, ...made.images];
  if (references.length === 0) return [];
  // One that is gone already, or that a container of someone else uses, does not hold up the others.
  const remove = () => attempt(report, "docker", ["rmi", "--force", ...references]);
  return [{ words: `${references.length} container images: ${references.join(", ")}`, remove }];
}

function findNetwork(made: Made): Removal[] {
  if (made.network !== true) return [];
  // Docker refuses to remove a network that another cluster uses by now.
  return [{ words: "the Docker network kind", remove: () => attempt(report, "docker", ["network", "rm", "kind"]) }];
}

/** What is in clusters of the user's own is not forgotten with the rest. */
async function removeFolders(made: Made): Promise<void> {
  await rm(`${REPOSITORY}/dist`, { recursive: true, force: true });
  await rm(STATE, { recursive: true, force: true });
  if (Object.keys(made.contexts).length > 0) await addMade({ contexts: made.contexts });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
