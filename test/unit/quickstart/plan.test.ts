import { describe, expect, it } from "vitest";
import { PROGRAMS } from "../../../config/cluster/go-tools.ts";
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

/** Debian as root with Go, nothing else, and no image registry. */
function aMachine(change: Partial<Machine> = {}): Machine {
  return {
    platform: debianAsRoot,
    hasDocker: false,
    engine: undefined,
    hasCluster: false,
    hasGo: true,
    hasMmdebstrap: false,
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
    const cached = { lackingTools: [], unbuiltPrograms: [], hasFileSystems: true, hasDocker: true } as const;
    expect(decidePlan(aMachine(cached), films)).toMatchObject({ install: [], build: [], lacking: [] });
  });

  it("builds no Kubernetes for a cluster that is there", () => {
    const plan = decidePlan(aMachine({ hasCluster: true, hasDocker: true, lackingTools: ["helm"] }), films);
    expect(plan.build).toEqual(["helm"]);
    expect(plan.buildsNode).toBe(false);
  });

  it("downloads nothing where images can be pulled and the tools are on PATH", () => {
    const plan = decidePlan(aMachine({ canPull: pulled, hasDocker: true, lackingTools: [], hasGo: false }), films);
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
    const machine = aMachine({ hasGo: false, hasDocker: true, hasMmdebstrap: true });
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
    const machine = aMachine({ platform: laptop, hasDocker: true });
    expect(decidePlan(machine, films).lacking).toEqual([expect.stringContaining("a machine that runs Debian as root")]);
  });

  it("needs no kind node for a cluster of the user's own and says which one it uses", () => {
    const plan = decidePlan(aMachine({ hasDocker: true, lackingTools: [] }), { sample: "films", context: "prod" });
    expect(plan.build).toEqual([]);
    expect(plan.announcement.join("\n")).toContain("your context prod");
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
