import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import type { InstalledPackages } from "#api/project-packages.ts";
import { networkRules } from "../../../task-image/network/network-rules.ts";
import { guardSockets } from "../../../task-image/network/socket-guard.ts";
import { runTransformAt } from "../../support/dbt/dbt-command.ts";
import { type PackageHub, packArchive, startPackageHub } from "../../support/dbt/package-hub.ts";
import { mountSecret } from "../../support/git/fetched.ts";
import { type GitHttpsServer, startGitHttps } from "../../support/git/https-server.ts";
import { GitRepository } from "../../support/git/repository.ts";
import { type SshServer, startSshd } from "../../support/git/sshd.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { makeCertificate } from "../../support/servers/certificate.ts";
import { type HttpApi, startHttpApi } from "../../support/servers/http-api.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";

/** A package of the hub whose macros are dispatched and read a variable; it asks for another package. */
const WORDS = {
  "dbt_project.yml": "name: words\nvars: { words: { greeting: hello } }",
  "macros/greet.sql": `{% macro greet(who) %}{{ return(adapter.dispatch('greet', 'words')(who)) }}{% endmacro %}
{% macro default__greet(who) %}'{{ var('greeting') }} {{ who }}'{% endmacro %}`,
  "models/words_model.sql": "select {{ small.small_number() }} as n, {{ greet('you') }} as said",
  "README.md": "# Words",
  "integration_tests/dbt_project.yml": "name: words_tests",
  "integration_tests/macros/broken.sql": "{% macro {{",
};
const SMALL = {
  "dbt_project.yml": "name: small",
  "macros/small.sql": "{% macro small_number() %}7{% endmacro %}",
};
const git = (name: string) => ({
  [`${name}/dbt_project.yml`]: `name: ${name}`,
  [`${name}/models/${name}_model.sql`]: `select '${name}' as name`,
});

const root = temporaryDirectory("repositories");
let server: PostgresServer;
let hub: PackageHub;
let repositories: GitHttpsServer;
let archives: HttpApi;
let ssh: SshServer;
let guard: Disposable;
let warehouse: TestDatabase;
let repository: GitRepository;

beforeAll(async () => {
  guard = guardSockets(networkRules({ allowed: ["127.0.0.1", "::1"] }, {}));
  repository = new GitRepository("films.git", root);
  repository.commit(git("films"));
  repository.tag("v1");
  [server, ssh, repositories, hub, archives] = await Promise.all([
    startPostgres(),
    startSshd(),
    startGitHttps(root, { login: "git:t0ken-of-the-test" }),
    startPackageHub({
      "acme/words": {
        "1.0.0": { files: { "dbt_project.yml": "name: words" } },
        "1.1.0": { files: WORDS, packages: [{ package: "acme/small", version: [">=0.1.0", "<1.0.0"] }] },
        "2.0.0": { files: { "dbt_project.yml": "name: words" } },
      },
      "acme/small": { "0.2.0": { files: SMALL }, "1.0.0": {} },
    }),
    startHttpApi(() => ({
      body: packArchive({ "dbt_project.yml": "name: whatever", "models/packed.sql": "select 1 as id" }),
    })),
  ]);
});
afterAll(async () => {
  guard[Symbol.dispose]();
  await Promise.all([
    server.stop(),
    ssh.stop(),
    repositories.stop(),
    hub[Symbol.asyncDispose](),
    archives[Symbol.asyncDispose](),
  ]);
});
beforeEach(async () => {
  warehouse = await server.createDatabase();
});

/** The project that asks for a package of each kind. */
const project = (packages: readonly object[], more: Readonly<Record<string, string>> = {}) => ({
  "dbt_project.yml": stringify({
    name: "shop",
    vars: { words: { greeting: "good morning" } },
    dispatch: [{ macro_namespace: "words", search_order: ["shop", "words"] }],
  }),
  "packages.yml": stringify({ packages }),
  "models/said.sql": "select said, {{ small.small_number() }} as n from {{ ref('words', 'words_model') }}",
  ...more,
});
const LOCAL = {
  "own/local_package/dbt_project.yml": "name: local_package",
  "own/local_package/models/local_model.sql": "select 3 as id",
};
const ALL = () => [
  { package: "acme/words", version: [">=1.0.0", "<2.0.0"] },
  { git: `${repositories.url}/films.git`, revision: "v1", subdirectory: "films" },
  { tarball: `${archives.origin}/packed.tar.gz`, name: "packed_package" },
  { local: "./own/local_package" },
];
const MODELS = ["films_model", "local_model", "packed", "said", "words_model"];

/** Builds a project that lies in a volume. */
const build = async (
  files: Readonly<Record<string, string>>,
  fields: object = {},
  { chosen = [], secrets = {} }: { chosen?: readonly InstalledPackages[]; secrets?: Secrets } = {},
) => {
  const volume = temporaryDirectory("volume");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(volume, path)), { recursive: true });
    writeFileSync(join(volume, path), text);
  }
  const packageSecretsDirectory = temporaryDirectory("secrets");
  const secret = { token: "t0ken-of-the-test", "ca.crt": repositories.certificate };
  mountSecret(secret, join(packageSecretsDirectory, "films-repository"));
  for (const [name, values] of Object.entries(secrets)) mountSecret(values, join(packageSecretsDirectory, name));
  const packages = { hub: { url: hub.url }, credentials: [{ host: "localhost", secretRef: "films-repository" }] };
  const said = { project: { persistentVolumeClaim: { claimName: "models" } }, packages, ...fields };
  const choice: InstalledPackages[] = [];
  const context = { packageSecretsDirectory, onPackages: (one: InstalledPackages) => void choice.push(one) };
  const ran = await runTransformAt(warehouse, volume, said, { chosenPackages: [...chosen] }, context);
  return { ...ran, choice };
};
type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

test("a project with packages of the hub, of git, of an archive and of its own folder is built as it is", async () => {
  const { outcome, states, log } = await build(project(ALL(), LOCAL));
  expect(outcome).toMatchObject({ message: "5 nodes: 5 success" });
  expect(Object.keys(states).toSorted()).toEqual(MODELS);
  // The project's words for the package's variable, and a macro of a package that the package asks for.
  expect(await warehouse.query("SELECT said, n FROM dbt.said")).toEqual([{ said: "good morning you", n: "7" }]);
  expect(await warehouse.query("SELECT name FROM dbt.films_model")).toEqual([{ name: "films" }]);
  expect(log).toContain('"from":"acme/words 1.1.0"');
  expect(log).toContain('"from":"acme/small 0.2.0"');
  expect(log).not.toContain("t0ken-of-the-test");
});

test("packages lie where packages-install-path says", async () => {
  const settings = "name: shop\npackages-install-path: vendor";
  const small = {
    "vendor/small/dbt_project.yml": "name: small",
    "vendor/small/macros/m.sql": SMALL["macros/small.sql"],
  };
  const asked = [
    { package: "acme/small", version: "0.2.0" },
    { package: "acme/words", version: "1.1.0" },
  ];
  const files = { ...project(asked, small), "dbt_project.yml": settings };
  expect(await build(files)).toMatchObject({ outcome: { message: "2 nodes: 2 success" } });
});

test("macros of the project go before those of a package where dispatch says so", async () => {
  const own = {
    "macros/own.sql": "{% macro default__greet(who) %}'own {{ who }}'{% endmacro %}",
    "models/said.sql": "select {{ words.greet('x') }} as said",
  };
  const files = { ...project([{ package: "acme/words", version: "1.1.0" }]), ...own };
  expect(await build(files, { select: ["said"] })).toMatchObject({ outcome: { message: "1 node: 1 success" } });
  expect(await warehouse.query("SELECT said FROM dbt.said")).toEqual([{ said: "own x" }]);
});

test.each([
  ["asks for no package", { "packages.yml": "packages: []" }],
  [
    "has all of its packages already",
    {
      "packages.yml": stringify({
        packages: [{ package: "acme/small", version: "9.9.9" }, { git: "https://nowhere.invalid/x.git" }],
      }),
      "dbt_packages/small/dbt_project.yml": "name: small",
      "dbt_packages/other/dbt_project.yml": "name: other",
    },
  ],
])("a project that %s asks nobody", async (_, files: Readonly<Record<string, string>>) => {
  const before = hub.seen.length;
  const own = { "dbt_project.yml": "name: shop", "models/a.sql": "select 1 as id" };
  expect(await build({ ...own, ...files })).toMatchObject({ outcome: { message: "1 node: 1 success" } });
  expect(hub.seen.length).toBe(before);
});

test("a package that lies in dbt_packages is taken from there, and others are fetched beside it", async () => {
  const small = {
    "dbt_packages/small/dbt_project.yml": "name: small",
    "dbt_packages/small/macros/m.sql": "{% macro small_number() %}8{% endmacro %}",
  };
  const asked = [
    { package: "acme/small", version: "0.2.0" },
    { package: "acme/words", version: "1.1.0" },
  ];
  const before = hub.seen.length;
  expect(await build(project(asked, small))).toMatchObject({ outcome: { message: "2 nodes: 2 success" } });
  expect(await warehouse.query("SELECT n FROM dbt.said")).toEqual([{ n: "8" }]);
  expect(hub.seen.slice(before).filter((path) => path.includes("small"))).toEqual([]);
});

describe("package-lock.yml", () => {
  const lock = (asked: readonly object[], sha1_hash: string) => ({
    "package-lock.yml": stringify({ packages: [...asked], sha1_hash }),
    "models/said.sql": "select 1 as id",
  });
  const asked = [{ package: "acme/small", version: [">=0.1.0"] }];

  test("is followed where it fits packages.yml", async () => {
    const locked = [{ name: "small", package: "acme/small", version: "0.2.0" }];
    const files = { ...project(asked), ...lock(locked, "85055421513a2c964174459bb24d6489714ea88c") };
    const { outcome, log } = await build(files, { select: ["said"] });
    expect(outcome).toMatchObject({ message: "1 node: 1 success" });
    expect(log).toContain('"from":"acme/small 0.2.0"');
    expect(log).not.toContain("does not fit");
  });

  test("is left where it does not, and this is said", async () => {
    const locked = [{ name: "small", package: "acme/small", version: "0.2.0" }];
    const { outcome, log } = await build({ ...project(asked), ...lock(locked, "0".repeat(40)) }, { select: ["said"] });
    expect(outcome).toMatchObject({ message: "1 node: 1 success" });
    expect(log).toContain('"from":"acme/small 1.0.0"');
    expect(log).toContain("package-lock.yml does not fit packages.yml");
  });
});

describe("the versions that a run has begun with", () => {
  test("are said before anything is built", async () => {
    const commit = repository.commit(git("films"));
    const { choice } = await build(project(ALL(), LOCAL));
    expect(choice).toEqual([
      {
        asked: expect.stringMatching(/^[0-9a-f]{40}$/),
        installed: expect.arrayContaining([
          { name: "acme/words", version: "1.1.0" },
          { name: "acme/small", version: "0.2.0" },
          { name: `${repositories.url}/films.git/films`, revision: expect.stringMatching(/^[0-9a-f]{40}$/) },
          { name: "packed_package", revision: expect.stringMatching(/^[0-9a-f]{64}$/) },
        ]),
      },
    ]);
    expect(choice[0]?.installed.map(({ revision }) => revision)).not.toContain(commit);
  });

  test("are installed again, whatever the hub and the repository say by then", async () => {
    const asked = [
      { package: "acme/small", version: ">=0.1.0" },
      { git: `${repositories.url}/films.git`, subdirectory: "films" },
    ];
    const files = { ...project(asked), "models/said.sql": "select 1 as id" };
    const commit = repository.commit(git("films"));
    const first = await build(files);
    expect(first.choice[0]?.installed.map(({ version, revision }) => version ?? revision)).toEqual(["1.0.0", commit]);
    const chosen = first.choice.map(({ asked: question, installed }) => ({
      asked: question,
      installed: installed.map((one) => (one.version === undefined ? one : { ...one, version: "0.2.0" })),
    }));
    repository.commit({ ...git("films"), "films/models/films_model.sql": "select 'newer' as name" });
    const { outcome, log, choice } = await build(files, {}, { chosen });
    expect(outcome).toMatchObject({ message: "2 nodes: 2 success" });
    expect(log).toContain('"from":"acme/small 0.2.0"');
    expect(await warehouse.query("SELECT name FROM dbt.films_model")).toEqual([{ name: "films" }]);
    expect(choice).toEqual([]);
  });

  test("are left where the project asks for something else", async () => {
    const chosen = [{ asked: "0".repeat(40), installed: [{ name: "acme/small", version: "0.2.0" }] }];
    const files = { ...project([{ package: "acme/small", version: ">=0.1.0" }]), "models/said.sql": "select 1 as id" };
    const { choice } = await build(files, {}, { chosen });
    expect(choice).toMatchObject([{ installed: [{ name: "acme/small", version: "1.0.0" }] }]);
  });

  test.each([
    [
      "the hub has lost the version",
      { name: "acme/small", version: "0.3.0" },
      "PackageConflict",
      "by packages.yml (>=0.1.0) and the run's first attempt (=0.3.0)",
    ],
    [
      "an archive was packed anew",
      { name: "packed_package", revision: "0".repeat(64) },
      "PackageChanged",
      "with which the run has begun",
    ],
  ])("stop the run where %s", async (_, one, code, message) => {
    const asked = [
      { package: "acme/small", version: ">=0.1.0" },
      { tarball: `${archives.origin}/packed.tar.gz`, name: "packed_package" },
    ];
    const files = { ...project(asked), "models/said.sql": "select 1 as id" };
    const { choice } = await build(files);
    const installed = [...(choice[0]?.installed.filter(({ name }) => name !== one.name) ?? []), one];
    const { outcome } = await build(files, {}, { chosen: [{ asked: choice[0]?.asked ?? "", installed }] });
    expect(outcome).toMatchObject({ kind: "configuration", code });
    expect((outcome as Error).message).toContain(message);
  });
});

describe("packages from servers of one's own", () => {
  const files = (asked: object) => ({ ...project([asked]), "models/said.sql": "select 1 as id" });

  test("a hub and its archives behind a private certificate are trusted by ca.crt", async () => {
    const certificate = makeCertificate("localhost");
    await using mirror = await startPackageHub({ "acme/small": { "0.2.0": { files: SMALL } } }, undefined, certificate);
    const packages = { hub: { url: mirror.url }, credentials: [{ host: "localhost", secretRef: "mirror" }] };
    const asked = { package: "acme/small", version: "0.2.0" };
    const secrets = { mirror: { "ca.crt": certificate.certificate } };
    expect(await build(files(asked), { packages }, { secrets })).toMatchObject({
      outcome: { message: "1 node: 1 success" },
    });
    expect(mirror.seen).toEqual(["/api/v1/acme/small.json", "/archives/acme/small/0.2.0.tar.gz"]);
    const untrusted = await build(
      files(asked),
      { packages },
      { secrets: { mirror: { "ca.crt": makeCertificate("localhost").certificate } } },
    );
    expect(untrusted.outcome).toMatchObject({ kind: "configuration" });
  });

  test("a repository is reached by ssh with a key and the host's own key", async () => {
    const commit = repository.commit(git("films"));
    const packages = { credentials: [{ host: "localhost", secretRef: "by-ssh" }] };
    const asked = {
      git: `ssh://${ssh.user}@localhost:${ssh.port}${repository.path}`,
      revision: "main",
      subdirectory: "films",
    };
    const secrets = { "by-ssh": { "ssh-privatekey": ssh.privateKey, known_hosts: ssh.knownHosts } };
    const { outcome, choice } = await build(files(asked), { packages }, { secrets });
    expect(outcome).toMatchObject({ message: "2 nodes: 2 success" });
    expect(choice).toMatchObject([{ installed: [{ revision: commit }] }]);
    const unknown = { "by-ssh": { ...secrets["by-ssh"], known_hosts: "[localhost]:1 ssh-ed25519 AAAA" } };
    expect((await build(files(asked), { packages }, { secrets: unknown })).outcome).toMatchObject({
      code: "GitHostKey",
    });
  });
});

test.each([
  [
    "this version of dbt is not supported with 'old'",
    { "dbt_project.yml": "name: old\nrequire-dbt-version: '<1.0.0'" },
  ],
  ["can never be there", { "dbt_project.yml": "name: old\nrequire-dbt-version: ['<1.0.0', '>=1.1.0']" }],
  ["is not a valid semantic version", { "dbt_project.yml": "name: old\nrequire-dbt-version: '1.x'" }],
])("a package that says so needs another version of dbt: %s", async (message, files) => {
  const vendored = Object.fromEntries(Object.entries(files).map(([path, text]) => [`dbt_packages/old/${path}`, text]));
  const own = { "dbt_project.yml": "name: shop", "models/a.sql": "select 1 as id", ...vendored };
  const { outcome } = await build(own);
  expect(outcome).toMatchObject({ kind: "configuration", code: "InvalidProject" });
  expect((outcome as Error).message).toContain(message);
  const unchecked = { ...own, "dbt_project.yml": "name: shop\nflags: { version_check: false }" };
  expect(await build(unchecked)).toMatchObject({ outcome: { message: "1 node: 1 success" } });
});
