import { describe, expect, test } from "vitest";
import type { HubVersions } from "../../../../../task-image/dbt/deps/hub-version.ts";
import { PackageProblem } from "../../../../../task-image/dbt/deps/package-listing.ts";
import { type PackageSpec, readPackageSpec } from "../../../../../task-image/dbt/deps/package-spec.ts";
import { describePinned, type PackageSource, resolvePackages } from "../../../../../task-image/dbt/deps/resolve.ts";
import { parseVersion } from "../../../../../task-image/dbt/deps/version.ts";
import type { Data } from "../../../../../task-image/dbt/project/data.ts";

const spec = (entry: Data, by: string): PackageSpec =>
  readPackageSpec(entry, { by, position: () => ({ file: by, line: 1, column: 1 }) });

/** Versions of the hub's packages: what each asks for, and which dbt it needs. */
type Hub = Readonly<
  Record<string, Readonly<Record<string, { readonly asks?: readonly Data[]; readonly dbt?: readonly string[] }>>>
>;

const versionsOf = (hub: Hub, name: string): HubVersions =>
  new Map(
    Object.entries(hub[name] ?? {}).map(([version, { asks = [], dbt = [] }]) => [
      version,
      {
        name: name.split("/")[1] as string,
        packages: asks.map((entry) => spec(entry, `${name} ${version}`)),
        requires: dbt,
        tarball: "",
      },
    ]),
  );

/** Folders and repositories that are not the hub's, by their names. */
type Others = Readonly<Record<string, { readonly name: string; readonly asks?: readonly Data[] }>>;

function sourceOf(hub: Hub, others: Others = {}): PackageSource {
  return {
    versions: (name) => Promise.resolve(versionsOf(hub, name)),
    metadata: (pinned) => {
      const { name, asks = [] } = others[describePinned(pinned)] ?? expect.fail(`no ${describePinned(pinned)}`);
      return Promise.resolve({ name, packages: asks.map((entry) => spec(entry, describePinned(pinned))) });
    },
  };
}

const DBT = parseVersion("1.11.16") ?? expect.fail();
const resolve = async (asks: readonly Data[], hub: Hub, others: Others = {}, vendored: readonly string[] = []) => {
  const packages = asks.map((entry) => spec(entry, "packages.yml"));
  const isVendored = (each: PackageSpec) => each.kind === "hub" && vendored.includes(each.package);
  const options = { dbt: DBT, project: "shop", isTransitive: true, isVendored };
  const resolved = await resolvePackages(packages, sourceOf(hub, others), options);
  return resolved.map(({ pinned, name }) => `${name}: ${describePinned(pinned)}`);
};
const refusal = async (...parts: Parameters<typeof resolve>) => {
  const error = await resolve(...parts).catch((each: unknown) => each);
  expect(error).toBeInstanceOf(PackageProblem);
  return (error as PackageProblem).message;
};

const hub = (name: string, ...version: string[]): Data => ({ package: name, version });

describe("the version of a package", () => {
  const versions = { "1.0.0": {}, "1.1.0": {}, "1.2.0-b1": {}, "2.0.0": { dbt: [">=2.0.0"] } };

  test.each([
    ["is the one that is asked for", ["1.0.0"], "1.0.0"],
    ["is the greatest in a range that works with dbt", [">=1.0.0"], "1.1.0"],
    ["is a prerelease where one is asked for", [">=1.2.0-a"], "1.2.0-b1"],
  ])("%s", async (_, asked, version) => {
    expect(await resolve([hub("a/x", ...asked)], { "a/x": versions })).toEqual([`x: a/x ${version}`]);
  });

  test("is a prerelease where these are taken", async () => {
    const asked = { package: "a/x", version: ">=1.0.0", install_prerelease: true };
    expect(await resolve([asked], { "a/x": versions })).toEqual(["x: a/x 1.2.0-b1"]);
  });

  test("that the hub does not have is refused with those that it has, and why others do not count", async () => {
    expect(await refusal([hub("a/x", ">=2.0.0")], { "a/x": versions })).toBe(
      "Could not find a matching compatible version for package a/x: requested range >=2.0.0, by packages.yml (>=2.0.0); compatible with dbt 1.11.16: 1.0.0, 1.1.0; version 2.0.0 needs dbt >=2.0.0. Correct the version",
    );
  });

  test("fits all who ask for it", async () => {
    const hubs: Hub = {
      "a/x": { "1.0.0": {}, "1.1.0": {}, "2.0.0": {} },
      "a/y": { "1.0.0": { asks: [hub("a/x", ">=1.0.0", "<2.0.0")] } },
    };
    expect(await resolve([hub("a/y", "1.0.0"), hub("a/x", ">=0.5.0")], hubs)).toEqual(["y: a/y 1.0.0", "x: a/x 1.1.0"]);
  });

  test("that does not fit all is refused with who asks for what", async () => {
    const hubs: Hub = {
      "a/x": { "1.0.0": {}, "2.0.0": {} },
      "a/y": { "1.0.0": { asks: [hub("a/x", "<2.0.0")] } },
    };
    expect(await refusal([hub("a/x", "2.0.0"), hub("a/y", "1.0.0")], hubs)).toMatch(
      /^Version error for package a\/x: could not find a satisfactory version from options: \['=2\.0\.0', '<2\.0\.0'\]\. It is asked for by packages\.yml \(=2\.0\.0\) and a\/y 1\.0\.0 \(<2\.0\.0\): change one/,
    );
  });
});

describe("packages of packages", () => {
  test("stay where an earlier choice asked for them, as in dbt", async () => {
    const hubs: Hub = {
      "a/x": { "1.0.0": {}, "2.0.0": { asks: [hub("a/left", "1.0.0")] } },
      "a/y": { "1.0.0": { asks: [hub("a/x", "<2.0.0")] } },
      "a/left": { "1.0.0": {} },
    };
    const found = await resolve([hub("a/x", ">=1.0.0"), hub("a/y", "1.0.0")], hubs);
    expect(found.toSorted()).toEqual(["left: a/left 1.0.0", "x: a/x 1.0.0", "y: a/y 1.0.0"]);
  });

  test("may ask for each other", async () => {
    const hubs: Hub = {
      "a/x": { "1.0.0": { asks: [hub("a/y", "1.0.0")] } },
      "a/y": { "1.0.0": { asks: [hub("a/x", "1.0.0")] } },
    };
    expect(await resolve([hub("a/x", "1.0.0")], hubs)).toEqual(["x: a/x 1.0.0", "y: a/y 1.0.0"]);
  });

  test("are not asked for where they are vendored", async () => {
    const hubs: Hub = { "a/x": { "1.0.0": { asks: [hub("a/y", "9.9.9")] } } };
    expect(await resolve([hub("a/x", "1.0.0")], hubs, {}, ["a/y"])).toEqual(["x: a/x 1.0.0"]);
  });
});

describe("a repository", () => {
  const url = "https://git.example/x.git";

  test("has one name with .git and without", async () => {
    const asked = [{ git: url, revision: "v1" }, { git: url.slice(0, -4) }];
    expect(await resolve(asked, {}, { [`${url} at v1`]: { name: "x" } })).toEqual([`x: ${url} at v1`]);
  });

  test("at two revisions is refused with who asks for them", async () => {
    const others = { [`${url} at v1`]: { name: "x" } };
    const asked = [
      { git: url, revision: "v1" },
      { git: url, revision: "v2" },
    ];
    expect(await refusal(asked, {}, others)).toMatch(
      /several revisions, by packages\.yml \(v1\) and packages\.yml \(v2\)/,
    );
  });

  test("of two folders is two packages", async () => {
    const asked = [
      { git: url, subdirectory: "a/" },
      { git: url, subdirectory: "b" },
    ];
    const others = { [`${url}/a`]: { name: "a" }, [`${url}/b`]: { name: "b" } };
    expect(await resolve(asked, {}, others)).toEqual([`a: ${url}/a`, `b: ${url}/b`]);
  });
});

test.each([
  [
    "two packages of one name",
    [{ local: "a" }, { local: "b" }],
    /duplicate project "same": a and b are both called so/,
  ],
  ["a package of the project's name", [{ local: "own" }], /duplicate project "shop": the project itself and own/],
  ["a private package", [{ private: "dbt-labs/x" }], /Name its repository by git, with credentials/],
  ["one package in two ways", [{ local: "a/x" }, hub("a/x", "1.0.0")], /by local and by hub: packages\.yml and/],
])("%s are refused", async (_, asked: readonly Data[], message) => {
  const others = { a: { name: "same" }, b: { name: "same" }, own: { name: "shop" }, "a/x": { name: "x" } };
  expect(await refusal(asked, { "a/x": { "1.0.0": {} } }, others)).toMatch(message);
});
