import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

function problems(project: object): readonly string[] {
  const transform = { connection: "warehouse", schema: "a", project };
  const spec = { connections: { warehouse: { postgres: { secretRef: "w" } } }, nodes: { models: { transform } } };
  const validation = validatePipeline(spec);
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

test.each([
  ["a ConfigMap", { configMap: "models" }],
  ["several ConfigMaps", { configMaps: ["models", "seeds.v2"] }],
  ["a volume", { persistentVolumeClaim: { claimName: "models" } }],
  ["a folder of a volume", { persistentVolumeClaim: { claimName: "models", path: "team/..dbt/./films" } }],
  ["an image", { image: { reference: "registry.example/models:1", pullPolicy: "IfNotPresent", path: "dbt" } }],
  ["a git repository", { git: { url: "https://git.example:8443/team/models.git" } }],
  ["a private one", { git: { url: "https://git.example/m", ref: "feature/x@1", path: "dbt", secretRef: "models" } }],
  ["one by ssh", { git: { url: "ssh://git@[2001:db8::1]:2222/~/m.git", ref: "v1.0", secretRef: "models" } }],
])("a project may come from %s", (_, project) => {
  expect(problems(project)).toEqual([]);
});

test.each([
  ["https://user:secret@git.example/m.git", "url"],
  ["https://token@git.example/m.git", "url"],
  ["ssh://git:secret@git.example/m.git", "url"],
  ["git@git.example:team/m.git", "url"],
  ["file:///etc", "url"],
  ["https://git.example/m.git?x=1", "url"],
  ["--upload-pack=x", "ref"],
  ["a b", "ref"],
])("%s is no %s of a repository", (value, field) => {
  const git = { url: "https://git.example/m.git", secretRef: "models", [field]: value };
  expect(problems({ git }).join()).toMatch(new RegExp(`project\\.git\\.${field}: expected`));
});

test.each([
  [
    "a ConfigMap that is named twice",
    { configMaps: ["a", "b", "a"] },
    ".configMaps[2]: a is named twice; name it once",
  ],
  [
    "a path that leads out of the volume",
    { persistentVolumeClaim: { claimName: "models", path: "dbt/../.." } },
    ".persistentVolumeClaim.path: expected a path inside the volume, without a leading slash and .., found dbt/../..",
  ],
  [
    "an absolute path in an image",
    { image: { reference: "models:1", path: "/dbt" } },
    ".image.path: expected a path inside the image, without a leading slash and .., found /dbt",
  ],
  [
    "a path that leads out of a repository",
    { git: { url: "https://git.example/m.git", path: "../x" } },
    ".git.path: expected a path inside the repository, without a leading slash and .., found ../x",
  ],
  [
    "a reference that is no image",
    { image: { reference: "https://registry.example/models" } },
    '.image.reference: an image begins with a registry or a name and not with a protocol, found "https://registry.example/models"',
  ],
])("%s is refused", (_, project, message) => {
  expect(problems(project)).toEqual([`spec.nodes[models].transform.project${message}`]);
});
