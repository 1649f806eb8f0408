import { describe, expect, it } from "vitest";
import { PROGRAMS } from "../../../config/cluster/offline/go-tools.ts";
import { checkContextOptions } from "../../../config/quickstart/context-target.ts";
import type { Machine } from "../../../config/quickstart/machine.ts";
import { decidePlan } from "../../../config/quickstart/plan.ts";

const debianAsRoot: Machine["platform"] = {
  system: "linux",
  architecture: "amd64",
  isRoot: true,
  isDebian: true,
  hasSystemd: false,
  canRaiseLimits: true,
};

const place = { folder: "/", device: 1, free: 50e9 };
const roomy = { cache: place, go: place, docker: place };
const running: Machine["docker"] = {
  state: "answers",
  engine: { version: "28.0.0", architecture: "amd64", buildEnvironment: {} },
};

/** Debian as root with Go, nothing else, and no image registry. */
function aMachine(change: Partial<Machine> = {}): Machine {
  return {
    platform: debianAsRoot,
    docker: { state: "absent" },
    places: roomy,
    cluster: "absent",
    hasGo: true,
    hasMmdebstrap: false,
    hasPip: true,
    hasMacros: false,
    lackingTools: ["kind", "kubectl", "helm"],
    unbuiltPrograms: PROGRAMS,
    hasFileSystems: false,
    canPull: { node: false, base: false, postgres: false },
    ...change,
  };
}

const films = { sample: "films" };
const pulled: Machine["canPull"] = { node: true, base: true, postgres: true };
const laptop: Machine["platform"] = {
  ...debianAsRoot,
  system: "darwin",
  architecture: "arm64",
  isRoot: false,
  isDebian: false,
};

describe("decidePlan", () => {
  it("installs and builds everything where no registry can be reached", () => {
    const plan = decidePlan(aMachine(), films);
    expect(plan).toMatchObject({ install: ["docker", "mmdebstrap"], buildsNode: true, lacking: [] });
    expect(plan.build).toEqual(PROGRAMS);
    expect(plan.announcement.join("\n")).toMatch(/No image registry can be reached: Kubernetes [\d.]+/);
  });

  it("builds nothing again that the cache holds", () => {
    const cached = { lackingTools: [], unbuiltPrograms: [], hasFileSystems: true, docker: running } as const;
    expect(decidePlan(aMachine(cached), films)).toMatchObject({ install: [], build: [], lacking: [] });
  });

  it("installs pip where the macros of dbt's adapters are not in the cache, and says so elsewhere", () => {
    const without = { hasPip: false, docker: running, hasFileSystems: true } as const;
    expect(decidePlan(aMachine(without), films).install).toEqual(["pip"]);
    expect(decidePlan(aMachine({ ...without, hasMacros: true }), films).install).toEqual([]);
    const machine = aMachine({ ...without, platform: laptop, canPull: pulled, lackingTools: [] });
    expect(decidePlan(machine, films).lacking).toEqual(["pip is missing: `brew install python`"]);
  });

  it("builds no Kubernetes for a cluster that is there", () => {
    const plan = decidePlan(aMachine({ cluster: "there", docker: running, lackingTools: ["helm"] }), films);
    expect(plan.build).toEqual(["helm"]);
    expect(plan.buildsNode).toBe(false);
  });

  it("counts the image, its build and its room where the cluster that is there has to be created again", () => {
    const stale = aMachine({ cluster: "unusable", docker: running, lackingTools: [] });
    expect(decidePlan(stale, films)).toMatchObject({ buildsNode: true, build: PROGRAMS, install: ["mmdebstrap"] });
    expect(decidePlan(stale, films).announcement.join("\n")).toContain("it is created again");
    expect(decidePlan({ ...stale, hasGo: false }, films).lacking).toEqual([expect.stringContaining("Go is missing")]);
    const scarce = { ...place, free: 4e9 };
    const full = { ...stale, places: { ...roomy, docker: { ...scarce, device: 2, folder: "/var/lib/docker" } } };
    expect(decidePlan(full, films).lacking).toEqual([expect.stringContaining("/var/lib/docker is too full")]);
    expect(decidePlan({ ...full, cluster: "there" }, films).lacking).toEqual([]);
    expect(decidePlan({ ...stale, canPull: pulled }, films)).toMatchObject({ buildsNode: false, build: [] });
  });

  it("downloads nothing where images can be pulled and the tools are on PATH", () => {
    const plan = decidePlan(aMachine({ canPull: pulled, docker: running, lackingTools: [], hasGo: false }), films);
    expect(plan).toMatchObject({ install: [], build: [], lacking: [], buildsNode: false });
  });

  it("names each missing program and how to get it on a machine that installs nothing by itself", () => {
    const machine = aMachine({ platform: laptop, canPull: pulled, hasGo: false, lackingTools: ["kind", "helm"] });
    expect(decidePlan(machine, films).lacking).toEqual([
      expect.stringMatching(/^docker is missing: .*Docker Desktop/),
      "kind is missing: `brew install kind`",
      "helm is missing: `brew install helm@3`",
    ]);
  });

  it("asks for Go alone where Kubernetes has to be built and Go is missing", () => {
    const machine = aMachine({ hasGo: false, docker: running, hasMmdebstrap: true });
    expect(decidePlan(machine, films).lacking).toEqual([
      "no image registry can be reached, so Kubernetes is built here, and Go is missing: install Go: https://go.dev/doc/install",
    ]);
  });

  it("asks a user of Debian who is not root to install packages with sudo", () => {
    const machine = aMachine({ platform: { ...debianAsRoot, isRoot: false } });
    expect(decidePlan(machine, films).lacking).toEqual([
      expect.stringMatching(/^docker is missing: `sudo apt-get install docker\.io /),
      "mmdebstrap is missing: `sudo apt-get install mmdebstrap`",
    ]);
  });

  it("says that an offline machine without Debian cannot make images", () => {
    const machine = aMachine({ platform: laptop, docker: running });
    expect(decidePlan(machine, films).lacking).toEqual([expect.stringContaining("a machine that runs Debian as root")]);
  });

  it("needs no kind node for a cluster of the user's own and says which one it uses", () => {
    const plan = decidePlan(aMachine({ docker: running, lackingTools: [] }), { sample: "films", context: "prod" });
    expect(plan.build).toEqual([]);
    expect(plan.announcement.join("\n")).toContain("your context prod");
  });
});

describe("a docker command that no engine answers", () => {
  const silent = (...lacks: readonly ("dockerd" | "containerd" | "runc" | "iptables")[]) =>
    ({ state: "silent", lacks }) as const;
  const plan = (docker: Machine["docker"], platform = debianAsRoot) =>
    decidePlan(aMachine({ docker, platform }), films);
  const withoutSystemd = (isRoot: boolean) => ({ ...debianAsRoot, isRoot });

  it.each([
    ["is installed where only its client is here", silent("dockerd", "containerd", "runc", "iptables"), ["dockerd"]],
    ["gets what it lacks of containerd and runc", silent("containerd", "runc"), ["containerd", "runc"]],
    ["is only started where it is whole", silent(), []],
  ] as const)("%s", (_, docker, install) => {
    const decided = plan(docker);
    expect(decided.lacking).toEqual([]);
    expect(decided.install).toEqual([...install, "mmdebstrap"]);
  });

  it("is started by hand where this user is not root, and systemctl is named only where systemd runs", () => {
    const [first] = plan(silent(), withoutSystemd(false)).lacking;
    expect(first).toMatch(/a Docker engine is here and does not answer: .*sudo dockerd/);
    const [named] = plan(silent(), { ...withoutSystemd(false), hasSystemd: true }).lacking;
    expect(named).toContain("sudo systemctl start docker");
  });

  it("is installed by hand where this user is not root", () => {
    expect(plan(silent("dockerd"), withoutSystemd(false)).lacking).toEqual([
      expect.stringMatching(/^dockerd is missing: `sudo apt-get install docker\.io /),
      expect.stringContaining("mmdebstrap"),
    ]);
  });

  it.each([
    ["belongs to somebody else", { state: "forbidden" }, /does not let this user in: .*usermod -aG docker/],
    ["is at another place", { state: "elsewhere", host: "tcp://build:2376" }, /tcp:\/\/build:2376.*unset DOCKER_HOST/],
  ] as const)("%s: nothing is installed and the way out is said", (_, docker, words) => {
    const decided = plan(docker);
    expect(decided.install).toEqual(["mmdebstrap"]);
    expect(decided.lacking).toEqual([expect.stringMatching(words)]);
  });

  it("is Docker Desktop on a Mac", () => {
    expect(plan(silent("dockerd", "runc"), laptop).lacking[0]).toContain("start Docker Desktop");
  });
});

describe("a disk that is too full", () => {
  const small = (free: number, device = 1) => ({ folder: `/disk${device}`, device, free });

  it("is found before anything is done, with what is needed on all folders that it holds", () => {
    const places = { cache: small(8e9), go: small(8e9), docker: small(8e9) };
    const [words] = decidePlan(aMachine({ places }), films).lacking;
    expect(words).toMatch(/too full: 11\.5 GB are needed, 8\.0 GB are free/);
  });

  it("is counted by file system", () => {
    const places = { cache: small(8e9), go: small(8e9), docker: small(4e9, 2) };
    const { lacking } = decidePlan(aMachine({ places }), films);
    expect(lacking).toEqual([expect.stringMatching(/^the disk of \/disk2 .* 5\.0 GB are needed, 4\.0 GB are free/)]);
  });

  it("needs little where everything is built", () => {
    const places = { cache: small(2e9), go: small(2e9), docker: small(2e9) };
    const built = {
      lackingTools: [],
      unbuiltPrograms: [],
      hasFileSystems: true,
      docker: running,
      cluster: "there" as const,
    };
    expect(decidePlan(aMachine({ ...built, places }), films).lacking).toEqual([]);
  });
});

describe("options for a cluster of the user's own", () => {
  it.each([
    [undefined, undefined, undefined],
    ["kind-dev", undefined, undefined],
    ["prod", "registry.example/team", undefined],
    ["prod", undefined, "give --registry HOST/PATH"],
    [undefined, "registry.example/team", "--registry is for --context"],
  ])("context %s with registry %s: %s", (context, registry, message) => {
    const said = checkContextOptions(context, registry);
    if (message === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(message);
  });
});
