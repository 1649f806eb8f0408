import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { packagesHash } from "../../../../../task-image/dbt/deps/lock-file.ts";
import { readAskedPackages } from "../../../../../task-image/dbt/deps/package-files.ts";
import { ProblemError } from "../../../../../task-image/jinja/problem.ts";

const FACTS = { vars: { utils: "1.1.1" }, environment: new Map([["HOST", "git.example"]]) };
const read = (files: Readonly<Record<string, string>>) =>
  readAskedPackages(new Map(Object.entries(files)), { prefix: "", isRoot: true }, FACTS);
const specsOf = (packages: readonly object[], file = "packages.yml") =>
  read({ [file]: stringify({ packages }) })?.specs;
const problemOf = (files: Readonly<Record<string, string>>) => {
  try {
    read(files);
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  return expect.fail("nothing was refused");
};

test("a project without either file asks for nothing", () => {
  expect(read({ "dbt_project.yml": "name: shop" })).toBeUndefined();
  expect(read({ "packages.yml": "" })?.specs).toEqual([]);
  expect(read({ "packages.yml": "packages: []" })?.specs).toEqual([]);
});

describe("templates", () => {
  test("see variables and the environment", () => {
    const git = "https://{{ env_var('HOST') }}/{{ env_var('TEAM', 'data') }}.git";
    expect(specsOf([{ git }, { package: "dbt-labs/dbt_utils", version: "{{ var('utils') }}" }])).toMatchObject([
      { git: "https://git.example/data.git" },
      { package: "dbt-labs/dbt_utils", versions: [{ matcher: "=", numbers: [1n, 1n, 1n] }] },
    ]);
  });

  test("are not rendered in the dependencies.yml of the project that runs, as in dbt", () => {
    const [spec] = specsOf([{ local: "{{ x }}" }], "dependencies.yml") ?? [];
    expect(spec).toMatchObject({ kind: "local", local: "{{ x }}" });
  });

  test("leave a secret of the environment to whoever has it", () => {
    const [spec] = specsOf([{ git: "https://{{ env_var('DBT_ENV_SECRET_GIT') }}@git.example/a.git" }]) ?? [];
    expect(spec).toMatchObject({ git: "https://git.example/a.git" });
  });

  test.each([
    ["git@git.example:team/a.git", "ssh://git@git.example/team/a.git"],
    ["https://me@git.example/a.git", "https://git.example/a.git"],
    ["ssh://git@git.example:2222/a.git", "ssh://git@git.example:2222/a.git"],
  ])("and short forms of URLs become the URL that is reached: %s", (git, url) => {
    expect(specsOf([{ git }])).toMatchObject([{ git: url }]);
  });

  test("cannot compute for long", () => {
    const local = "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}";
    expect(problemOf({ "packages.yml": stringify({ packages: [{ local }] }) }).at.file).toBe("packages.yml");
  });
});

test.each([
  ["packages: [{ package: dbt_utils, version: 1.0.0 }]", "packages.yml:1", "a name with its namespace"],
  ["packages:\n  - package: a/../b\n    version: 1.0.0", "packages.yml:2", "a name with its namespace"],
  ["packages: [{ package: a/b }]", "packages.yml:1", "version is missing"],
  ["packages: [{ package: a/b, version: '>=1.0.0,<2.0.0' }]", "packages.yml:1", "write a list for several bounds"],
  ["packages:\n- git: https://a/b\n  revison: main", "packages.yml:3", "did you mean 'revision'?"],
  ["packages: [{ tarball: https://a/b.tgz }]", "packages.yml:1", "needs name"],
  ["packages: [{ tarball: https://a/b.tgz, name: ../x }]", "packages.yml:1", "letters, digits and underscores"],
  ["packages: [{ git: 'https://me:pass@a/b' }]", "packages.yml:1", "a URL holds no password"],
  ["packages: [{ local: \"{{ env_var('DBT_ENV_SECRET_X') }}\" }]", "packages.yml:1", "before the host of a URL"],
  ["packages: [{ pakage: a/b }]", "packages.yml:1", "did you mean 'package'?"],
  ["packages: [a]", "packages.yml:1", "expected a package"],
  ["packages: {}", "packages.yml:1", "expected a list"],
  ["package: []", "packages.yml:1", "did you mean 'packages'?"],
  ["projects: [{ name: other }]", "packages.yml:1", "They stand in dependencies.yml"],
])("%j is refused", (text, place, message) => {
  const problem = problemOf({ "packages.yml": text });
  expect(`${problem.at.file}:${problem.at.line}`).toBe(place);
  expect(problem.message).toContain(message);
});

test("projects in dependencies.yml are refused with a way out", () => {
  const problem = problemOf({ "dependencies.yml": "packages: []\nprojects:\n  - name: finance" });
  expect(problem).toMatchObject({ at: { file: "dependencies.yml" } });
  expect(problem.message).toContain("Name the project under packages");
});

test("a list in both files is refused", () => {
  const list = "packages: [{ package: a/b, version: 1.0.0 }]";
  expect(problemOf({ "packages.yml": list, "dependencies.yml": list }).message).toContain("keep one list");
});

/** Entries, and what `_create_sha1_hash` of dbt 1.11.16 makes of them. */
test.each([
  ["{ package: dbt-labs/dbt_utils, version: 1.1.1 }", "a158c48c59c2bb7d729d2a4e215aabe5bb4f3353"],
  [
    "{ package: dbt-labs/dbt_utils, version: ['>=1.0.0', '<2.0.0'], install_prerelease: true }",
    "0e2aafdfe3b75c5e70f121fa79cd7a8618b7b499",
  ],
  [
    "{ git: 'https://x/y.git', revision: main, warn-unpinned: false, subdirectory: a }",
    "bd0015f1a0af36afeeeb3d6e49a41d7b7eeae876",
  ],
  ["{ git: 'https://x/y.git', revision: 10 }", "a1462c83ea47fb4daa139165cf01f86a6b5888a1"],
  ["{ git: 'https://x/y.git', revision: 1.0 }", "14ad9efd9ece9f3d4ac11f57d65216f0a9a6d1ed"],
  ["{ git: 'https://x/y.git' }", "f48a339deec875966716571e6eca5cf96910edd3"],
  ["{ git: 'https://x/y.git', revision: null }", "bf144dc7f7a1a3d3421419aff5398cf5e69b546e"],
  ["{ local: ../x }", "2eb88687c82ae2cd966a476e338919651d83079e"],
  ["{ local: ../x, name: x }", "48656c582cdee009fb68424c77e78546261c2159"],
  ["{ private: a/b }", "786a78dd6b5d5b46dd82c95bce3ce2594d241624"],
])("the hash of %s is dbt's", (entry, hash) => {
  const asked = read({ "packages.yml": `packages:\n  - ${entry}` }) ?? expect.fail("nothing was read");
  expect(packagesHash(asked)).toBe(hash);
});
