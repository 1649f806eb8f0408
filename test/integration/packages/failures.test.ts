import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { networkRules } from "../../../task-image/network/network-rules.ts";
import { guardSockets } from "../../../task-image/network/socket-guard.ts";
import { installPackages } from "../../../task-image/packages/install-packages.ts";
import { type PackageHub, startPackageHub } from "../../support/dbt/package-hub.ts";
import { freePort } from "../../support/machine/free-port.ts";
import type { Reply, SeenRequest } from "../../support/servers/http-api.ts";
import { aContext } from "../../support/tasks/task.ts";

let guard: Disposable;
let hub: PackageHub;
/** What the hub does in the place of its own answers. */
let instead: (request: SeenRequest) => Reply | undefined = () => undefined;

const settings = { "dbt_project.yml": "name: x" };

beforeAll(async () => {
  guard = guardSockets(networkRules({ allowed: ["127.0.0.1"] }, {}));
  hub = await startPackageHub(
    {
      "acme/words": { "1.0.0": {}, "2.0.0": {} },
      "acme/old": { "1.0.0": { requires: "<1.0.0" } },
      "acme/needs_words": { "1.0.0": { packages: [{ package: "acme/words", version: "<2.0.0" }] } },
      "acme/linked": {
        "1.0.0": { files: { ...settings, "macros/a.sql": { link: "/etc/passwd" } } },
        "1.0.1": {
          files: { ...settings, "CLAUDE.md": { link: "AGENTS.txt" }, "shared/a.sql": "a", macros: { link: "shared" } },
        },
      },
      "acme/two_tops": { "1.0.0": { archive: gzipSync(Buffer.alloc(1024)) } },
      "acme/no_archive": { "1.0.0": { archive: Buffer.from("<html>not found</html>") } },
      "acme/no_tar": { "1.0.0": { archive: gzipSync("no tar archive ".repeat(100)) } },
      "acme/empty": { "1.0.0": { files: { "README.md": "nothing" } } },
      "acme/same": { "1.0.0": { files: settings } },
      "acme/rehashed": { "1.0.0": { sha1: "0".repeat(40) } },
    },
    (request) => instead(request),
  );
});
afterAll(async () => {
  guard[Symbol.dispose]();
  await hub[Symbol.asyncDispose]();
});

const install = async (
  packages: readonly object[],
  more: { hubUrl?: string; signal?: AbortSignal; tree?: Record<string, string> } = {},
) => {
  const context = aContext(more.signal === undefined ? {} : { signal: more.signal });
  const tree = new Map(
    Object.entries({ "dbt_project.yml": "name: shop", "packages.yml": stringify({ packages }), ...more.tree }),
  );
  const outcome = await installPackages(tree, {
    ...{ packages: undefined, hubUrl: more.hubUrl ?? hub.url, dbtVersion: "1.11.16", git: undefined },
    ...{ chosen: [], onPackages: () => undefined },
    ...{ vars: {}, environment: new Map(), gitSecretDirectory: "", packageSecretsDirectory: "" },
    ...{ workDirectory: context.workDirectory, signal: context.signal, log: context.log, redactor: context.redactor },
  }).then(
    (files) => ({ files: [...files.keys()].filter((path) => path.startsWith("dbt_packages/")).sort() }),
    (error: unknown) => ({ error: error as Error & { readonly code: string; readonly kind: string } }),
  );
  return { files: undefined, error: undefined, ...outcome, log: context.lines.join("\n") };
};
const of = (name: string, version: string | readonly string[] = "1.0.0") => ({ package: `acme/${name}`, version });

describe("packages that cannot be installed are refused with what to do", () => {
  test.each([
    [
      "a name that the hub does not have",
      [of("wrods")],
      "UnknownPackage",
      /Package acme\/wrods was not found.*did you mean 'acme\/words'\?/,
    ],
    [
      "a version that the hub does not have",
      [of("words", "3.0.0")],
      "PackageConflict",
      /requested range =3\.0\.0, =3\.0\.0, by packages\.yml.*1\.0\.0, 2\.0\.0/,
    ],
    ["a version for another dbt", [of("old")], "PackageConflict", /version 1\.0\.0 needs dbt <1\.0\.0/],
    [
      "versions that do not meet",
      [of("words", "2.0.0"), of("needs_words")],
      "PackageConflict",
      /acme\/needs_words 1\.0\.0 \(<2\.0\.0\)/,
    ],
    [
      "an archive with a link that leads out",
      [of("linked")],
      "PackageRefused",
      /macros\/a\.sql of its archive is a link to/,
    ],
    [
      "an archive of nothing",
      [of("two_tops")],
      "PackageRefused",
      /expected one folder that holds the package, found nothing/,
    ],
    ["what is no archive", [of("no_archive")], "PackageRefused", /expected an archive of \.tar\.gz/],
    ["what is no tar", [of("no_tar")], "PackageRefused", /what is in it is no tar archive/],
    [
      "an archive without dbt_project.yml",
      [of("empty")],
      "PackageRefused",
      /No dbt_project\.yml found at expected path/,
    ],
    ["a private package", [{ private: "acme/x" }], "PackageConflict", /Name its repository by git/],
    [
      "a folder outside of the project",
      [{ local: "../x" }],
      "PackageRefused",
      /does not lie below the project's folder/,
    ],
    ["a folder that is not there", [{ local: "x" }], "PackageRefused", /No dbt_project\.yml found/],
    ["a repository by another protocol", [{ git: "file:///x" }], "PackageRefused", /https:\/\/HOST\/PATH/],
    [
      "a repository by ssh without a key",
      [{ git: "git@127.0.0.1:x/y.git" }],
      "SecretIncomplete",
      /packages\.credentials.*ssh-privatekey/,
    ],
    ["a list that cannot be read", [{ pakage: "x" }], "InvalidProject", /^packages\.yml:2:5: .*did you mean 'package'/],
  ])("%s", async (_, packages: readonly object[], code, message) => {
    const { error } = await install(packages);
    expect(error).toMatchObject({ kind: "configuration", code });
    expect(error?.message).toMatch(message);
  });

  test("a hub that is not there, with its URL, how often it was tried, and both ways out", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { error } = await install([of("words")], { hubUrl: url });
    expect(error).toMatchObject({ kind: "transient", code: "ECONNREFUSED" });
    expect(error?.message).toContain(`package acme/words: ${url}/api/v1/acme/words.json: nothing listens there`);
    expect(error?.message).toMatch(/tried 4 times.*dbt deps.*dbt_packages\/.*transform\.packages\.hub\.url/);
  });

  test("a hub that the installation does not let pods reach", async () => {
    guard[Symbol.dispose]();
    guard = guardSockets(networkRules({}, {}));
    const { error } = await install([of("words")]);
    guard[Symbol.dispose]();
    guard = guardSockets(networkRules({ allowed: ["127.0.0.1"] }, {}));
    expect(error).toMatchObject({ kind: "configuration", code: "ForbiddenAddress" });
  });

  test("an archive that leads to another host without encryption is not followed from https", async () => {
    instead = ({ url }) =>
      url.pathname.startsWith("/archives/") ? { status: 302, headers: { location: "ftp://x/y" } } : undefined;
    const { error } = await install([of("words")]);
    instead = () => undefined;
    expect(error).toMatchObject({ kind: "configuration", code: "BadRedirect" });
  });
});

test("what breaks off and what the server is not ready for is tried again", async () => {
  let answers = 0;
  instead = ({ url }) => {
    answers += 1;
    if (answers === 1) return { status: 503, headers: { "retry-after": "0" } };
    return answers === 3 && url.pathname.startsWith("/archives/")
      ? { body: gzipSync("a".repeat(9999)), cutAt: 10 }
      : undefined;
  };
  const { files } = await install([of("words")]);
  instead = () => undefined;
  expect(files).toEqual(["dbt_packages/words/dbt_project.yml"]);
});

test("links inside of an archive lead to its files, and docs at its top are left out", async () => {
  const { files, error } = await install([of("linked", "1.0.1")]);
  expect(error).toBeUndefined();
  expect(files).toEqual([
    "dbt_packages/linked/dbt_project.yml",
    "dbt_packages/linked/macros/a.sql",
    "dbt_packages/linked/shared/a.sql",
  ]);
});

test("an archive with another hash than the hub says is taken, as by dbt, and this is said", async () => {
  const { files, log } = await install([of("rehashed")]);
  expect(files).toEqual(["dbt_packages/rehashed/dbt_project.yml"]);
  expect(log).toContain("an archive has another hash than the hub says");
});

test("a task that is told to stop does not wait for a silent hub", async () => {
  instead = () => ({ silent: true });
  const stop = new AbortController();
  const installing = install([of("words")], { signal: stop.signal });
  stop.abort(new Error("stopped"));
  const { error } = await installing;
  instead = () => undefined;
  expect(error?.message).toBe("stopped");
});
