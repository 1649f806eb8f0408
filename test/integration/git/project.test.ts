import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { networkRules } from "../../../task-image/network/network-rules.ts";
import { guardSockets } from "../../../task-image/network/socket-guard.ts";
import { fetched, type SecretFiles } from "../../support/git/fetched.ts";
import { type GitHttpsServer, startGitHttps } from "../../support/git/https-server.ts";
import { GitRepository } from "../../support/git/repository.ts";
import { type SshServer, startSshd } from "../../support/git/sshd.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";

const root = temporaryDirectory("repositories");
let https: GitHttpsServer;
let ssh: SshServer;
let repository: GitRepository;
let number = 0;

let guard: Disposable;

beforeAll(async () => {
  // As in the process of a task, whose installation lets it reach the servers of the test.
  guard = guardSockets(networkRules({ allowed: ["127.0.0.1", "::1"] }, {}));
  [https, ssh] = await Promise.all([startGitHttps(root, { login: "git:t0ken-of-the-test" }), startSshd()]);
});
afterAll(async () => {
  guard[Symbol.dispose]();
  await Promise.all([https?.stop(), ssh?.stop()]);
});
beforeEach(() => {
  number += 1;
  repository = new GitRepository(`models-${number}.git`, root);
});

const SERVERS = {
  https: () => ({
    url: `${https.url}/${repository.name}`,
    secret: { token: "t0ken-of-the-test", "ca.crt": https.certificate } as SecretFiles,
  }),
  ssh: () => ({
    url: `ssh://${ssh.user}@localhost:${ssh.port}${repository.path}`,
    secret: { "ssh-privatekey": ssh.privateKey, known_hosts: ssh.knownHosts } as SecretFiles,
  }),
};

const FILES = {
  "dbt_project.yml": "name: shop\n",
  "models/staging/films.sql": "select 1 as id",
  "README.md": "# Shop",
};

describe.each(Object.entries(SERVERS))("a repository by %s", (by, server) => {
  const fetch = (git: object = {}, secret: SecretFiles = {}, more: Parameters<typeof fetched>[2] = {}) =>
    fetched({ url: server().url, secretRef: "models", ...git }, { ...server().secret, ...secret }, more);

  test("is fetched at its default branch, and its commit is told", async () => {
    const commit = repository.commit(FILES);
    expect(await fetch()).toMatchObject({ files: FILES, commits: [commit] });
  });

  test.each(["main", "feature/x", "v1"])("is fetched at %s", async (ref) => {
    repository.commit({ ...FILES, "models/old.sql": "select 0" });
    const commit = repository.commit(FILES, "feature/x");
    repository.tag("v1");
    if (ref === "main") expect(await fetch({ ref })).toMatchObject({ files: { "models/old.sql": "select 0" } });
    else expect(await fetch({ ref })).toMatchObject({ files: FILES, commits: [commit] });
  });

  test.each([
    ["gives any commit", "true"],
    ["gives commits of its branches with their history alone", "false"],
  ])("that has gone on is fetched at the run's commit where it %s", async (_, value) => {
    repository.configure("uploadpack.allowReachableSHA1InWant", value);
    const commit = repository.commit(FILES);
    repository.commit({ ...FILES, "models/staging/films.sql": "select 2 as id" });
    expect(await fetch({ ref: "main" }, {}, { commit })).toMatchObject({ files: FILES, commits: [commit] });
    expect(await fetch({ ref: commit })).toMatchObject({ files: FILES, commits: [commit] });
  });

  test("that has not the run's commit any more is refused with what to do", async () => {
    repository.commit(FILES);
    const { error } = await fetch({ ref: "main" }, {}, { commit: "1".repeat(40) });
    expect(error).toMatchObject({ kind: "configuration", code: "GitCommitGone" });
    expect(error?.message).toContain("Start another run");
  });

  test("without the ref is refused with the nearest name", async () => {
    repository.commit(FILES);
    const { error } = await fetch({ ref: "mian" });
    expect(error).toMatchObject({ kind: "configuration", code: "UnknownRef" });
    expect(error?.message).toMatch(/expected a branch or tag called mian in .*, found main\. Correct ref/);
  });

  test("that is empty is refused", async () => {
    expect((await fetch()).error?.message).toContain("the repository is empty");
  });

  test("without the folder is refused with what is there", async () => {
    repository.commit({ "dbt/shop/dbt_project.yml": "name: shop" });
    const { error } = await fetch({ path: "dbt/shpo" });
    expect(error).toMatchObject({ kind: "configuration", code: "ProjectMissing" });
    expect(error?.message).toMatch(
      /^folder dbt\/shpo of git repository .* is no folder of commit .*: \/dbt of it holds shop/,
    );
    expect(await fetch({ path: "dbt/shop/" })).toMatchObject({ files: { "dbt_project.yml": "name: shop" } });
  });

  test("that does not exist is refused", async () => {
    const { error } = await fetch({ url: server().url.replace("models-", "other-") });
    expect(error).toMatchObject({ kind: "configuration", code: "GitRefused" });
    expect(error?.message).toMatch(/there is no such repository.*Secret "models"/);
  });

  test("ends at once when the task is told to stop", async () => {
    repository.commit(FILES);
    const stop = new AbortController();
    const fetching = fetch({}, {}, { signal: stop.signal });
    stop.abort(new Error("stopped"));
    expect((await fetching).error).toBeDefined();
  });

  test("is not reached at an address that the installation does not allow", async () => {
    repository.commit(FILES);
    guard[Symbol.dispose]();
    guard = guardSockets(networkRules({}, {}));
    const { error, commits } = await fetch();
    guard[Symbol.dispose]();
    guard = guardSockets(networkRules({ allowed: ["127.0.0.1", "::1"] }, {}));
    expect(error).toMatchObject({ kind: "configuration", code: "ForbiddenAddress" });
    expect(error?.message).toContain(server().url);
    expect(commits).toEqual([]);
  });

  test("may lie at a host that the Secret is for, and at no other", async () => {
    repository.commit(FILES);
    expect(await fetch({}, { allowedHosts: "localhost" })).toMatchObject({ files: FILES });
    expect(await fetch({}, { allowedHosts: "git.example" })).toMatchObject({ error: { code: "ForbiddenHost" } });
  });

  test("needs credentials in its Secret", async () => {
    const { error } = await fetched({ url: server().url, secretRef: "models" }, { other: "x" });
    expect(error).toMatchObject({ kind: "configuration", code: "SecretIncomplete" });
    expect(error?.message).toContain(by === "ssh" ? "ssh-privatekey and known_hosts" : "the key token");
  });
});

describe("links in a repository", () => {
  const fetch = () => fetched({ url: SERVERS.https().url, secretRef: "models", path: "shop" }, SERVERS.https().secret);
  const project = { "shop/dbt_project.yml": "name: shop" };

  test("lead to other files and folders of it", async () => {
    repository.commit({
      ...project,
      "shared/macros/m.sql": "shared",
      "shared/macros/n.sql": { link: "m.sql" },
      "shop/macros": { link: "../shared/macros" },
      "shop/models/a.sql": { link: "../../shared/macros/m.sql" },
    });
    expect((await fetch()).files).toEqual({
      "dbt_project.yml": "name: shop",
      "macros/m.sql": "shared",
      "macros/n.sql": "shared",
      "models/a.sql": "shared",
    });
  });

  test.each([
    ["out of it", "/etc/passwd", "it is a link that leads out of its repository"],
    ["above it", "../../../password.sql", "it is a link that leads out of its repository"],
    ["to nothing", "gone.sql", "it is a link to nothing"],
    ["to itself", "a.sql", "it is a link that leads to itself"],
  ])("are refused where they lead %s", async (_, link, why) => {
    repository.commit({ ...project, "shop/models/a.sql": { link } });
    const { error } = await fetch();
    expect(error).toMatchObject({ kind: "configuration", code: "FileRefused" });
    expect(error?.message).toContain(why);
  });

  test("to a folder that they lie in are refused", async () => {
    repository.commit({ ...project, "shop/models/all": { link: ".." } });
    expect((await fetch()).error?.message).toContain("it is a link to a folder that it lies in");
  });
});

test("a pointer of Git LFS is refused: its file is not there", async () => {
  repository.commit({ ...FILES, "seeds/a.csv": "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n" });
  const { url, secret } = SERVERS.https();
  expect((await fetched({ url, secretRef: "models" }, secret)).error?.message).toMatch(
    /seeds\/a\.csv.*pointer of Git LFS/,
  );
});

describe("credentials", () => {
  test("of a wrong token are refused, and no word of the token is shown", async () => {
    repository.commit(FILES);
    const { url, secret } = SERVERS.https();
    const { error, log } = await fetched({ url, secretRef: "models" }, { ...secret, token: "wr0ng-token" });
    expect(error).toMatchObject({ kind: "configuration", code: "GitRefused" });
    expect(error?.message).toMatch(/answered 401: it does not know the credentials of Secret "models"/);
    expect(`${error?.message} ${error?.stack} ${log}`).not.toContain("wr0ng-token");
  });

  test("are asked for where a repository is not public", async () => {
    repository.commit(FILES);
    const { error } = await fetched({ url: SERVERS.https().url, secretRef: "models" }, { "ca.crt": https.certificate });
    expect(error?.message).toMatch(/answered 401: there is no such repository, or it is not public.*set secretRef/);
  });

  test("do not follow a redirect to another host", async () => {
    const other = await startGitHttps(root);
    const front = await startGitHttps(root, {
      instead: (request, response) => {
        response.writeHead(301, { location: `${other.url}${request.url}` }).end();
        return true;
      },
    });
    const secret = { token: "t0ken", "ca.crt": front.certificate };
    const { error } = await fetched({ url: `${front.url}/models.git`, secretRef: "models" }, secret);
    expect(error).toMatchObject({ kind: "configuration", code: "GitUnusable" });
    expect(error?.message).toContain(`it leads to ${other.url}/models.git. Set url`);
    expect(other.requests).toEqual([]);
    await Promise.all([other.stop(), front.stop()]);
  });

  test("go to no server whose certificate is not trusted", async () => {
    repository.commit(FILES);
    const { error } = await fetched({ url: SERVERS.https().url, secretRef: "models" }, { token: "t0ken-of-the-test" });
    expect(error).toMatchObject({ kind: "configuration" });
    expect(error?.message).toMatch(/certificate.*ca\.crt/);
  });

  test("go to no ssh server whose key is not known, is another one or is revoked", async () => {
    repository.commit(FILES);
    const { url, secret } = SERVERS.ssh();
    const [, , key = ""] = ssh.knownHosts.split(" ");
    const fetch = (known_hosts: string) => fetched({ url, secretRef: "models" }, { ...secret, known_hosts });
    const another = `${key.slice(0, -4)}AAAA`;
    for (const [lines, why] of [
      [`git.example ssh-ed25519 ${key}`, "has no key of it"],
      [ssh.knownHosts.replace(key, another), "has another one, and the server has the ssh-ed25519 key SHA256:"],
      [`${ssh.knownHosts}\n@revoked * ssh-ed25519 ${key}`, "marks it as revoked"],
      [ssh.knownHosts.replace("ssh-ed25519", "ssh-rsa"), "has keys of other types"],
    ] as const) {
      const { error, commits } = await fetch(lines);
      expect(error).toMatchObject({ kind: "configuration", code: "GitHostKey" });
      expect(error?.message).toContain(why);
      expect(commits).toEqual([]);
    }
  });

  test("of a key that the ssh server does not take are refused", async () => {
    const { makeSshKey } = await import("../../support/git/sshd.ts");
    const { url, secret } = SERVERS.ssh();
    const { privateKey } = makeSshKey(temporaryDirectory("key"), "other");
    const { error } = await fetched({ url, secretRef: "models" }, { ...secret, "ssh-privatekey": privateKey });
    expect(error).toMatchObject({ kind: "configuration", code: "GitRefused" });
    expect(error?.message).toContain('does not take the key of Secret "models"');
  });

  test("that are no key are refused without a word of them", async () => {
    const { url, secret } = SERVERS.ssh();
    const { error } = await fetched({ url, secretRef: "models" }, { ...secret, "ssh-privatekey": "s3cret-words" });
    expect(error).toMatchObject({ kind: "configuration", code: "SecretIncomplete" });
    expect(error?.message).not.toContain("s3cret-words");
  });
});

describe("a server that is no git server", () => {
  test.each([
    ["answers with a page", 200, { "content-type": "text/html" }, "<html>", "GitUnusable", "configuration"],
    [
      "speaks something else",
      200,
      { "content-type": "application/x-git-upload-pack-advertisement" },
      "zzzzhello",
      "GitUnusable",
      "configuration",
    ],
    [
      "breaks off",
      200,
      { "content-type": "application/x-git-upload-pack-advertisement" },
      "001e# service=git-upl",
      "GitUnusable",
      "configuration",
    ],
    ["is down", 503, {}, "", "HTTP503", "transient"],
  ])("and %s is said to be none", async (_, status, headers, body, code, kind) => {
    const server = await startGitHttps(root, {
      instead: (_request, response) => {
        response.writeHead(status, headers).end(body);
        return true;
      },
    });
    const { error } = await fetched({ url: `${server.url}/x`, secretRef: "m" }, { "ca.crt": server.certificate });
    expect(error).toMatchObject({ code, kind });
    await server.stop();
  });
});
