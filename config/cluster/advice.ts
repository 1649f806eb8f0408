import type { Platform } from "./platform.ts";

/** What the machine itself has to bring; everything else comes with the npm packages or is built from them. */
export const REQUIREMENTS = ["docker", "go", "mmdebstrap", "pip", "kind", "kubectl", "helm"] as const;
/** The programs of a Docker engine on Linux. The docker command alone is only its client. */
export const ENGINE_PROGRAMS = ["dockerd", "containerd", "runc", "iptables"] as const;
export type EngineProgram = (typeof ENGINE_PROGRAMS)[number];
export type Requirement = (typeof REQUIREMENTS)[number] | EngineProgram;

/** Debian packages, by the program that shows that they are installed. */
export const DEBIAN_PACKAGES: Readonly<Partial<Record<Requirement, readonly string[]>>> = {
  docker: ["docker.io", "containerd", "runc", "iptables", "iproute2"],
  dockerd: ["docker.io", "containerd", "runc", "iptables", "iproute2"],
  containerd: ["containerd"],
  runc: ["runc"],
  iptables: ["iptables"],
  mmdebstrap: ["mmdebstrap"],
  pip: ["python3-pip"],
};

const HOMEBREW: Readonly<Partial<Record<Requirement, string>>> = {
  docker:
    "install Docker Desktop (https://docs.docker.com/desktop/setup/install/mac-install/) or `brew install colima docker`",
  go: "`brew install go`",
  pip: "`brew install python`",
  kind: "`brew install kind`",
  kubectl: "`brew install kubectl`",
  helm: "`brew install helm@3`",
};

const DOCKER_ENGINE = "install Docker Engine: https://docs.docker.com/engine/install/";
const ELSEWHERE: Readonly<Record<Requirement, string>> = {
  docker: DOCKER_ENGINE,
  dockerd: DOCKER_ENGINE,
  containerd: DOCKER_ENGINE,
  runc: DOCKER_ENGINE,
  iptables: "install iptables from your distribution",
  go: "install Go: https://go.dev/doc/install",
  mmdebstrap: "a machine that runs Debian as root is needed to make images without an image registry",
  pip: "install Python 3 with pip: https://pip.pypa.io/en/stable/installation/",
  kind: "install kind: https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
  kubectl: "install kubectl: https://kubernetes.io/docs/tasks/tools/",
  helm: "install Helm 3: https://helm.sh/docs/intro/install/",
};

/** Whether the quick start can install it itself: as root on Debian, what Debian has. */
export function isInstallable(missing: Requirement, platform: Platform): boolean {
  return platform.isDebian && platform.isRoot && DEBIAN_PACKAGES[missing] !== undefined;
}

/** One sentence on how to get a missing program on this machine. */
export function howToGet(missing: Requirement, platform: Platform): string {
  const packages = DEBIAN_PACKAGES[missing];
  if (platform.isDebian && packages) {
    const sudo = platform.isRoot ? "" : "sudo ";
    return `\`${sudo}apt-get install ${packages.join(" ")}\``;
  }
  return (platform.system === "darwin" ? HOMEBREW[missing] : undefined) ?? ELSEWHERE[missing];
}

/** How to start the engine that is installed on this machine. */
export function howToStart({ system, isRoot, hasSystemd }: Platform): string {
  if (system === "darwin") return "start Docker Desktop";
  const sudo = isRoot ? "" : "sudo ";
  return hasSystemd ? `start it with \`${sudo}systemctl start docker\`` : `start it with \`${sudo}dockerd &\``;
}
