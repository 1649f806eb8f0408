import type { z } from "zod";
import { exactlyOne, list, object, objectName, oneOf, text } from "./fields.ts";

/** ConfigMaps of one project: each is a volume of the pod. */
const CONFIG_MAPS_MAX = 16;

const folder = () => text("Folder with dbt_project.yml. The root by default.", { max: 1024 }).optional();

/** A host's name or address with a port, and a path; who logs in by ssh, but no password. */
const GIT_URL = /^(https:\/\/|ssh:\/\/([A-Za-z0-9._-]+@)?)([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?\/[^\s?#]+$/;
/** https://git-scm.com/docs/git-check-ref-format, of ASCII as far as it is used for protocols. */
const GIT_REF = /^[^\s~^:?*[\\-][^\s~^:?*[\\]*$/;

const GitProject = object(
  "A commit of a git repository, without submodules and LFS: the same for all nodes and attempts of a run with this url and ref. The node's status has it.",
  {
    url: text("https://HOST/PATH or ssh://USER@HOST/PATH, without a password.", {
      max: 1024,
      pattern: GIT_URL,
      expected: "expected https://HOST/PATH or ssh://USER@HOST/PATH, without a password, a query and a fragment",
    }),
    ref: text("Branch, tag or full commit. The repository's default branch by default.", {
      max: 256,
      pattern: GIT_REF,
      expected: "expected the name of a branch or tag, or a commit of 40 hexadecimal digits",
    }).optional(),
    path: folder(),
    secretRef: objectName(
      "Secret with token (or username and password) and ca.crt for https; ssh-privatekey, passphrase and known_hosts for ssh; allowedHosts.",
    ).optional(),
  },
  [
    {
      rule: "!self.url.startsWith('ssh:') || has(self.secretRef)",
      message: "a repository by ssh needs secretRef: its Secret has the key and the known hosts",
      holds: ({ url, secretRef }) => !String(url).startsWith("ssh:") || secretRef !== undefined,
    },
  ],
);
export type GitProject = z.infer<typeof GitProject>;

const KINDS = {
  configMap: objectName(
    "ConfigMap with one key per file. Dots write folders (models.staging.stg_films.sql); a key without one goes by what it holds. Every attempt reads it again.",
  ).optional(),
  configMaps: list(
    "ConfigMaps whose files are united. A key that two of them have is an error.",
    objectName("ConfigMap, as in configMap."),
    { max: CONFIG_MAPS_MAX },
  ).optional(),
  persistentVolumeClaim: object("A volume that holds the project, mounted read-only.", {
    claimName: objectName("PersistentVolumeClaim."),
    path: folder(),
  }).optional(),
  image: object(
    "An OCI image that holds the project, mounted read-only. The feature gate ImageVolume, off by default in Kubernetes 1.33 and 1.34, and the container runtime must allow it.",
    {
      reference: text("The image, such as registry.example/team/models:1.4.", {
        max: 512,
      }),
      pullPolicy: oneOf("When it is pulled. A tag that moves may give attempts of one run different projects.", [
        "Always",
        "IfNotPresent",
        "Never",
      ]).optional(),
      path: folder(),
    },
  ).optional(),
  git: GitProject.optional(),
} as const;

/** Where a dbt project comes from. */
export const ProjectSource = object("Where the project comes from: exactly one source.", KINDS, [
  exactlyOne(Object.keys(KINDS)),
]);
export type ProjectSource = z.infer<typeof ProjectSource>;
