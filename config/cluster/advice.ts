import type { Platform } from "./platform.ts";

/** What the machine itself has to bring; everything else comes with the npm packages or is built from them. */
export const REQUIREMENTS = ["docker", "go", "mmdebstrap", "kind", "kubectl", "helm"] as const;
export type Requirement = (typeof REQUIREMENTS)[number];

/** Debian packages, by the program that shows that they are installed. */
export const DEBIAN_PACKAGES: Readonly<Partial<Record<Requirement, readonly string[]>>> = {
  docker: ["docker.io", "containerd", "runc", "iptables", "iproute2"],
  mmdebstrap: ["mmdebstrap"],
};

const HOMEBREW: Readonly<Partial<Record<Requirement, string>>> = {
  docker:
    "install Docker Desktop (https://docs.docker.com/desktop/setup/install/mac-install/) or `brew install colima docker`",
  go: "`brew install go`",
  kind: "`brew install kind`",
  kubectl: "`brew install kubectl`",
  helm: "`brew install helm@3`",
};

const ELSEWHERE: Readonly<Record<Requirement, string>> = {
  docker: "install Docker Engine: https://docs.docker.com/engine/install/",
  go: "install Go: https://go.dev/doc/install",
  mmdebstrap: "a machine that runs Debian as root is needed to make images without an image registry",
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
