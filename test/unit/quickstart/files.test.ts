import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { linkAtomically, makeAtomically, removeLeftovers, writeAtomically } from "../../../config/cluster/atomic.ts";
import { hashOf, hashOfFiles } from "../../../config/cluster/content-hash.ts";
import { demoOverlay, publishedPostgres } from "../../../config/quickstart/demo.ts";
import { mergeMade } from "../../../config/quickstart/made.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kelt-files-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("content hashes", () => {
  async function folder(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(join(directory, name, file, ".."), { recursive: true });
      await writeFile(join(directory, name, file), content);
    }
    return join(directory, name);
  }

  it("are the same for the same files in another place", async () => {
    const files = { "a.txt": "1", "deep/b.txt": "2" };
    const hash = await hashOfFiles([await folder("one", files)]);
    expect(hash).toMatch(/^[0-9a-f]{12}$/);
    expect(await hashOfFiles([await folder("two", files)])).toBe(hash);
  });

  it("change with a byte, with a name, and with where a file ends", async () => {
    const hashes = await Promise.all([
      folder("a", { x: "12", y: "3" }).then((path) => hashOfFiles([path])),
      folder("b", { x: "1", y: "23" }).then((path) => hashOfFiles([path])),
      folder("c", { x: "12", z: "3" }).then((path) => hashOfFiles([path])),
      folder("d", { x: "12", y: "4" }).then((path) => hashOfFiles([path])),
    ]);
    expect(new Set(hashes).size).toBe(4);
    expect(hashOf("a", "b")).not.toBe(hashOf("ab"));
  });

  it("take single files", async () => {
    const path = join(await folder("e", { Dockerfile: "FROM scratch" }), "Dockerfile");
    expect(await hashOfFiles([path])).toMatch(/^[0-9a-f]{12}$/);
  });
});

describe("files that are made atomically", () => {
  it("are whole or not there, and leave nothing beside them when the work fails", async () => {
    const target = join(directory, "made.tar");
    const work = makeAtomically(target, async (temporary) => {
      await writeFile(temporary, "half");
      throw new Error("killed");
    });
    await expect(work).rejects.toThrow("killed");
    expect(await readdir(directory)).toEqual([]);
  });

  it("replace what was there", async () => {
    await writeAtomically(join(directory, "deep/file"), "old");
    await writeAtomically(join(directory, "deep/file"), "new");
    expect(await readFile(join(directory, "deep/file"), "utf8")).toBe("new");
    expect(await readdir(join(directory, "deep"))).toEqual(["file"]);
  });

  it("are one folder when two processes make it at once", async () => {
    const target = join(directory, "tools");
    const quickOneIsDone = Promise.withResolvers<void>();
    const slow = makeAtomically(target, async (temporary) => {
      await mkdir(temporary);
      await writeFile(join(temporary, "tool"), "slow");
      await quickOneIsDone.promise;
    });
    await makeAtomically(target, async (temporary) => {
      await mkdir(temporary);
      await writeFile(join(temporary, "tool"), "quick");
    });
    quickOneIsDone.resolve();
    await slow;
    expect(await readFile(join(target, "tool"), "utf8")).toBe("quick");
    expect(await readdir(directory)).toEqual(["tools"]);
  });

  it("turn a link to another target", async () => {
    await linkAtomically(join(directory, "bin"), "tools-1");
    await linkAtomically(join(directory, "bin"), "tools-2");
    expect(await readlink(join(directory, "bin"))).toBe("tools-2");
  });
});

describe("what killed processes left", () => {
  it("is removed, and what one that still runs is making is not", async () => {
    const dead = spawnSync("true").pid;
    await mkdir(join(directory, `.base.tar-${dead}-aB3xYz`));
    await mkdir(join(directory, `.base.tar-${process.pid}-aB3xYz`));
    await writeFile(join(directory, "base.tar"), "");
    await removeLeftovers(directory);
    expect(await readdir(directory)).toEqual([`.base.tar-${process.pid}-aB3xYz`, "base.tar"]);
  });

  it("is nothing in a folder that does not exist", async () => {
    await expect(removeLeftovers(join(directory, "none"))).resolves.toBeUndefined();
  });
});

describe("the demo's overlay", () => {
  const postgres = { repository: "kelt/postgres", tag: "18.4-abc" };
  const task = { repository: "kelt/task", tag: "1" };

  it("puts the S3 server in its place only where the sample has one", () => {
    const versitygw = { repository: "kelt/versitygw", tag: "1.8.0-abc" };
    expect(demoOverlay("demo", { postgres, task, versitygw })).toContain("newName: kelt/versitygw");
    expect(demoOverlay("demo", { postgres, task })).not.toContain("versitygw");
  });

  it("puts the image in the place of postgres and leaves the sample as it is", () => {
    const overlay = demoOverlay("../../../config/samples/films/demo", { postgres, task });
    expect(overlay).toContain("newName: kelt/postgres");
    expect(overlay).toContain("newTag: 18.4-abc");
    expect(overlay).toContain("- ../../../config/samples/films/demo");
  });

  it("takes a tag that looks like a number as text", () => {
    expect(demoOverlay("demo", { postgres: publishedPostgres(), task })).toMatch(/newTag: "18\.4"/);
  });
});

describe("the record of what was made", () => {
  it("forgets nothing and lists nothing twice", () => {
    const held = { namespaces: ["kelt-demo"], hadRelease: false, hadDefinitions: false };
    const before = { enginePid: 7, images: ["a"], packages: ["docker.io"], contexts: { dev: held } };
    expect(
      mergeMade(before, { images: ["a", "b"], network: true, contexts: { dev: { ...held, hadRelease: true } } }),
    ).toEqual({
      enginePid: 7,
      network: true,
      images: ["a", "b"],
      packages: ["docker.io"],
      contexts: { dev: held },
    });
  });
});
