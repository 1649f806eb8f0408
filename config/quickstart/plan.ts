import { howToGet, isInstallable, type Requirement } from "../cluster/advice.ts";
import { CACHE } from "../cluster/directories.ts";
import type { Program } from "../cluster/go-tools.ts";
import { HELM_VERSION, KIND_VERSION, KUBERNETES_VERSION } from "../cluster/versions.ts";
import type { Machine } from "./machine.ts";

export interface StartOptions {
  readonly sample: string;
  /** A cluster the user already has, by its name in the user's own kubeconfig. */
  readonly context?: string | undefined;
  /** Where images are pushed for that cluster, such as registry.example/team. */
  readonly registry?: string | undefined;
}

/** What will be done, decided before the first step. */
export interface Plan {
  /** Missing programs that are installed from Debian. */
  readonly install: readonly Requirement[];
  /** The node image is built here, unless it was built before. */
  readonly buildsNode: boolean;
  /** Programs that are built with Go. */
  readonly build: readonly Program[];
  /** Sentences on what is missing and cannot be had here; nothing is done unless there is none. */
  readonly lacking: readonly string[];
  /** What is said before the first step. */
  readonly announcement: readonly string[];
}

/** Decides what has to be installed and built on this machine. */
export function decidePlan(machine: Machine, options: StartOptions): Plan {
  const ownCluster = options.context === undefined;
  const needsNode = ownCluster && !machine.canPull.node && !machine.hasCluster;
  const build: Program[] = needsNode ? [...machine.unbuiltPrograms] : [];
  for (const tool of machine.lackingTools) {
    if (machine.unbuiltPrograms.includes(tool) && !build.includes(tool)) build.push(tool);
  }
  const needsDebian = !machine.hasFileSystems && (needsNode || !machine.canPull.base || !machine.canPull.postgres);
  const missing: Requirement[] = [];
  if (!machine.hasDocker) missing.push("docker");
  if (needsDebian && !machine.hasMmdebstrap) missing.push("mmdebstrap");
  const install = missing.filter((requirement) => isInstallable(requirement, machine.platform));
  const lacking = missing
    .filter((requirement) => !install.includes(requirement))
    .map((requirement) => `${requirement} is missing: ${howToGet(requirement, machine.platform)}`);
  if (build.length > 0 && !machine.hasGo) lacking.push(...withoutGo(machine, needsNode));
  return {
    install,
    buildsNode: needsNode,
    build,
    lacking,
    announcement: announce(machine, options, { install, build }),
  };
}

/** What to say where Go would build something and is not there: for a tool there is another way. */
function withoutGo(machine: Machine, needsNode: boolean): string[] {
  if (needsNode) {
    const how = howToGet("go", machine.platform);
    return [`no image registry can be reached, so Kubernetes is built here, and Go is missing: ${how}`];
  }
  return machine.lackingTools.map((tool) => `${tool} is missing: ${howToGet(tool, machine.platform)}`);
}

function announce(
  machine: Machine,
  options: StartOptions,
  { install, build }: Pick<Plan, "install" | "build">,
): string[] {
  const said = [`Runs the ${options.sample} pipeline on Kubernetes.`];
  if (options.context === undefined) {
    const state = machine.hasCluster
      ? "is used again"
      : machine.engine
        ? "is created in Docker"
        : "is started or created";
    said.push(`The kind cluster kelt ${state}. Your own kubeconfig is not touched: this one is .kelt/kubeconfig.`);
  } else {
    said.push(`The cluster of your context ${options.context} is used, from a copy of its entry in your kubeconfig.`);
  }
  if (install.length > 0) said.push(`Installs with apt-get: ${install.join(", ")}.`);
  if (build.includes("kubelet")) {
    said.push(
      `No image registry can be reached: Kubernetes ${KUBERNETES_VERSION}, kind ${KIND_VERSION} and Helm ${HELM_VERSION} are built from`,
      `package registries, once, in about ten minutes on two cores; they are kept in ${CACHE}.`,
    );
  } else if (build.length > 0) {
    said.push(`Builds with Go: ${build.join(", ")}; kept in ${CACHE}.`);
  }
  said.push("Logs are in .kelt/logs. `npm run down` removes what this makes.");
  return said;
}
