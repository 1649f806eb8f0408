import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { ProjectSource } from "#api/project-source.ts";
import { NOT_TEXT } from "../../../../task-image/dbt/project/project-package.ts";
import { readProject } from "../../../../task-image/projects/read-project.ts";
import { temporaryDirectory } from "../../../support/machine/temporary-directory.ts";

let directory: string;

beforeEach(() => {
  directory = temporaryDirectory("project");
});

function write(path: string, content: string | Uint8Array = "x"): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

const read = (source: ProjectSource, at = directory) =>
  readProject(source, at).then(
    ({ files }) => Object.fromEntries(files),
    (error: unknown) => error,
  );
const refusal = (code: string, message: string | RegExp) => ({
  kind: "configuration",
  code,
  message: typeof message === "string" ? message : expect.stringMatching(message),
});

describe("a project in a ConfigMap", () => {
  const source = { configMap: "films-models" };

  test("is its keys: links are followed, and names with a dot in front are left out", async () => {
    write("..2026/a.sql", "select 'ü'");
    symlinkSync("..2026", join(directory, "..data"));
    symlinkSync("..data/a.sql", join(directory, "a.sql"));
    write(".hidden");
    write("dbt_project.yml", "name: films");
    expect(await read(source)).toEqual({ "a.sql": "select 'ü'", "dbt_project.yml": "name: films" });
  });

  test("that does not exist, and one without keys, are errors that name it", async () => {
    expect(await read(source, join(directory, "nowhere"))).toMatchObject(
      refusal("ProjectMissing", /^the project cannot be read: ENOENT/),
    );
    expect(await read(source)).toMatchObject(
      refusal("EmptyProject", /^ConfigMap films-models does not exist or holds no file/),
    );
  });

  test("without dbt_project.yml is an error that says which object lacks it, what it holds and what to do", async () => {
    for (const name of ["f", "e", "d", "c", "b", "a"]) write(`${name}.sql`);
    expect(await read(source)).toMatchObject(
      refusal(
        "ProjectMissing",
        "ConfigMap films-models has no key dbt_project.yml, which a dbt project begins with; found a.sql, b.sql, c.sql, d.sql, e.sql and 1 more. Add the project's dbt_project.yml to it (--from-file of kubectl create configmap, files of a configMapGenerator), and start another run",
      ),
    );
    write("dbt_project.yaml");
    expect(await read(source)).toMatchObject(
      refusal("ProjectMissing", /Give the key dbt_project\.yaml this name, and/),
    );
  });

  test("says where most of it lies when it is too large", async () => {
    write("small.sql");
    write("seeds.large.csv", new Uint8Array(16_777_216).fill(0x61));
    expect(await read(source)).toMatchObject(refusal("ProjectTooLarge", /most of it lies in seeds\.large\.csv/));
  });
});

describe("a project in several ConfigMaps", () => {
  const source = { configMaps: ["films-models", "films-seeds"] };

  test("is the keys of all of them", async () => {
    write("films-models/dbt_project.yml", "name: films");
    write("films-seeds/seeds.kinds.csv", "id");
    expect(await read(source)).toEqual({ "dbt_project.yml": "name: films", "seeds.kinds.csv": "id" });
  });

  test("none of which has dbt_project.yml is an error that names all of them", async () => {
    write("films-models/models.a.sql");
    write("films-seeds/seeds.b.csv");
    expect(await read(source)).toMatchObject(
      refusal(
        "ProjectMissing",
        /^none of the ConfigMaps films-models, films-seeds has the key dbt_project\.yml, .* found models\.a\.sql, seeds\.b\.csv\. Add/,
      ),
    );
  });

  test("is refused where two of them have a key, with the names of both", async () => {
    write("films-models/models.a.sql");
    write("films-seeds/models.a.sql");
    expect(await read(source)).toMatchObject(
      refusal("RepeatedFile", /^models\.a\.sql: ConfigMap films-models and ConfigMap films-seeds both have this key/),
    );
  });

  test("is refused where one of them does not exist, by its name", async () => {
    write("films-models/models.a.sql");
    mkdirSync(join(directory, "films-seeds"));
    expect(await read(source)).toMatchObject(refusal("EmptyProject", /^ConfigMap films-seeds does not exist/));
  });
});

describe("a project in a folder of a volume", () => {
  const source = { persistentVolumeClaim: { claimName: "models", path: "team/dbt" } };

  test("is what dbt reads below the folder, not what lies beside it and what dbt writes; what is no text stays one file", async () => {
    write("team/dbt/dbt_project.yml", "name: films");
    write("team/dbt/models/marts/a.sql", "select 1");
    write("team/dbt/.dbtignore", "b.sql");
    for (const path of ["target/manifest.sql", "logs/dbt.sql", ".git/config.yml", "models/logo.png"]) {
      write(`team/dbt/${path}`);
    }
    write("team/dbt/models/latin1.sql", new Uint8Array([0xff, 0xfe]));
    write("team/other.sql");
    expect(await read(source)).toEqual({
      "dbt_project.yml": "name: films",
      "models/marts/a.sql": "select 1",
      ".dbtignore": "b.sql",
      "models/latin1.sql": NOT_TEXT,
    });
  });

  test("may have links to other folders of the volume, and none out of it", async () => {
    write("team/dbt/dbt_project.yml", "name: films");
    write("shared/macros/m.sql", "shared");
    symlinkSync("../../shared/macros", join(directory, "team/dbt/macros"));
    expect(await read(source)).toMatchObject({ "macros/m.sql": "shared" });
    const outside = temporaryDirectory("outside");
    writeFileSync(join(outside, "password.sql"), "secret");
    symlinkSync(outside, join(directory, "team/dbt/models"));
    expect(await read(source)).toMatchObject(
      refusal("FileRefused", /^file:team\/dbt\/models\/password\.sql is not read: it is a link that leads out/),
    );
    symlinkSync(outside, join(directory, "away"));
    expect(await read({ persistentVolumeClaim: { claimName: "models", path: "away" } })).toMatchObject(
      refusal("FileRefused", /^file:away is not read: it is a link that leads out of its volume/),
    );
  });

  test("is refused where a file of it is a link to nothing", async () => {
    write("team/dbt/dbt_project.yml", "name: films");
    symlinkSync("gone.sql", join(directory, "team/dbt/a.sql"));
    expect(await read(source)).toMatchObject(
      refusal("FileRefused", "file:a.sql is not read: it is a link to nothing. Put the file itself into the volume"),
    );
  });

  test("is refused where a folder of it is a link to one that it lies in", async () => {
    write("team/dbt/dbt_project.yml", "name: films");
    for (const [name, target] of [
      ["marts", "."],
      ["root", ".."],
    ] as const) {
      write("team/dbt/models/a.sql");
      symlinkSync(target, join(directory, "team/dbt/models", name));
      expect(await read(source)).toMatchObject(
        refusal("FileRefused", `file:models/${name} is not read: it is a link to a folder that it lies in. Remove it`),
      );
      unlinkSync(join(directory, "team/dbt/models", name));
    }
  });

  test("that is not there is an error that says what is", async () => {
    write("team/elt/dbt_project.yml");
    expect(await read(source)).toMatchObject(
      refusal(
        "ProjectMissing",
        /^folder team\/dbt of PersistentVolumeClaim models cannot be read \(ENOENT.*\): \/team of it holds elt\. Correct path/,
      ),
    );
  });

  test("without dbt_project.yml is an error that says where there is one", async () => {
    write("team/dbt/warehouse/dbt_project.yml");
    expect(await read(source)).toMatchObject(
      refusal(
        "ProjectMissing",
        "expected dbt_project.yml in folder team/dbt of PersistentVolumeClaim models, found warehouse/dbt_project.yml. Set path of the project to team/dbt/warehouse",
      ),
    );
  });
});

describe("a project in an image", () => {
  const source = { image: { reference: "registry.example/models:1", path: "dbt" } };

  test("is its folder", async () => {
    write("dbt/dbt_project.yml", "name: films");
    write("etc/passwd.yml");
    expect(await read(source)).toEqual({ "dbt_project.yml": "name: films" });
  });

  test("that the cluster has not mounted is an error that says why", async () => {
    expect(await read(source, join(directory, "nowhere"))).toMatchObject(
      refusal("ProjectMissing", /^folder dbt of image registry\.example\/models:1 is not mounted.*ImageVolume is off/),
    );
  });
});
