import { howToGet, howToStart, isInstallable, type Requirement } from "../cluster/advice.ts";
import { CACHE } from "../cluster/directories.ts";
import type { Program } from "../cluster/offline/go-tools.ts";
import { HELM_VERSION, KIND_VERSION, KUBERNETES_VERSION } from "../cluster/versions.ts";
import type { Machine } from "./machine.ts";
import { type Fill, lackingSpace } from "./space.ts";

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
  const needsCluster = ownCluster && machine.cluster !== "there";
  const needsNode = needsCluster && !machine.canPull.node;
  const build: Program[] = needsNode ? [...machine.unbuiltPrograms] : [];
  for (const tool of machine.lackingTools) {
    if (machine.unbuiltPrograms.includes(tool) && !build.includes(tool)) build.push(tool);
  }
  const needsDebian = !machine.hasFileSystems && (needsNode || !machine.canPull.base || !machine.canPull.postgres);
  const missing: Requirement[] = [...missingOfDocker(machine)];
  if (needsDebian && !machine.hasMmdebstrap) missing.push("mmdebstrap");
  if (!machine.hasMacros && !machine.hasPip) missing.push("pip");
  const install = missing.filter((requirement) => isInstallable(requirement, machine.platform));
  const lacking = [
    ...whyEngineCannotStart(machine),
    ...missing
      .filter((requirement) => !install.includes(requirement))
      .map((requirement) => `${requirement} is missing: ${howToGet(requirement, machine.platform)}`),
  ];
  lacking.push(...lackingSpace(fillOf(build, needsCluster, needsNode), machine.places));
  if (build.length > 0 && !machine.hasGo) lacking.push(...withoutGo(machine, needsNode));
  return {
    install,
    buildsNode: needsNode,
    build,
    lacking,
    announcement: announce(machine, options, { install, build }),
  };
}

/** What of a start takes room on the machine's disks. */
function fillOf(build: readonly Program[], createsCluster: boolean, buildsNode: boolean): Fill {
  return {
    build: build.includes("kubelet") ? "kubernetes" : build.length > 0 ? "tools" : "nothing",
    cluster: createsCluster ? (buildsNode ? "built" : "pulled") : "none",
  };
}

/** What of Docker is not on the machine. Only on Linux can an engine be put together from its programs. */
function missingOfDocker({ docker, platform }: Machine): readonly Requirement[] {
  if (docker.state === "absent") return ["docker"];
  if (docker.state !== "silent" || platform.system !== "linux") return [];
  return docker.lacks.includes("dockerd") ? ["dockerd"] : docker.lacks;
}

/** Why no engine answers where installing would not help, and what would. */
function whyEngineCannotStart({ docker, platform }: Machine): readonly string[] {
  if (docker.state === "forbidden") {
    return [
      "the Docker engine runs and does not let this user in: `sudo usermod -aG docker $USER`, then log in again; or run this as root",
    ];
  }
  if (docker.state === "elsewhere") {
    return [
      `docker is set to use the engine at ${docker.host}, and none answers there: start that one, or unset DOCKER_HOST and \`docker context use default\``,
    ];
  }
  if (docker.state !== "silent") return [];
  if (platform.system === "linux" && (platform.isRoot || docker.lacks.length > 0)) return [];
  return [`a Docker engine is here and does not answer: ${howToStart(platform)}`];
}

/** What to say where Go would build something and is not there: for a tool there is another way. */
function withoutGo(machine: Machine, needsNode: boolean): string[] {
  if (needsNode) {
    const how = howToGet("go", machine.platform);
    return [`no image registry can be reached, so Kubernetes is built here, and Go is missing: ${how}`];
  }
  return machine.lackingTools.map((tool) => `${tool} is missing: ${howToGet(tool, machine.platform)}`);
}

function clusterWords({ cluster, docker }: Machine): string {
  if (cluster === "there") return "is used again";
  if (cluster === "unusable") return "does not answer, or is of another Kubernetes release: it is created again";
  return docker.state === "answers" ? "is created in Docker" : "is started or created";
}

function announce(
  machine: Machine,
  options: StartOptions,
  { install, build }: Pick<Plan, "install" | "build">,
): string[] {
  const said = [`Runs the ${options.sample} pipeline on Kubernetes.`];
  if (options.context === undefined) {
    said.push(
      `The kind cluster kelt ${clusterWords(machine)}. Your own kubeconfig is not touched: this one is .kelt/kubeconfig.`,
    );
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
