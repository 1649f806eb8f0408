import type { z } from "zod";
import { exactlyOne, list, object, objectName, oneOf, text } from "./fields.ts";

/** ConfigMaps of one project: each is a volume of the pod. */
const CONFIG_MAPS_MAX = 16;

const folder = (of: string) =>
  text(`Folder of ${of} that holds dbt_project.yml. Its root by default.`, { max: 1024 }).optional();

const KINDS = {
  configMap: objectName(
    "ConfigMap with one key per file. A folder is written with dots (models.staging.stg_films.sql); a key without one is a model, a file of macros, a properties file or dbt_project.yml by what it holds. Every attempt reads it again.",
  ).optional(),
  configMaps: list(
    "ConfigMaps whose files are united, for a project that does not fit into one. A key that two of them have is an error.",
    objectName("ConfigMap, as in configMap."),
    { max: CONFIG_MAPS_MAX },
  ).optional(),
  persistentVolumeClaim: object("A volume that holds the project as a folder. It is mounted read-only.", {
    claimName: objectName("PersistentVolumeClaim in the same namespace."),
    path: folder("the volume"),
  }).optional(),
  image: object(
    "An OCI image that holds the project as a folder, mounted read-only by the kubelet. The cluster needs image volumes: its feature gate ImageVolume is on by default from Kubernetes 1.35, and off in 1.33 and 1.34 unless it is switched on; the container runtime must know them too.",
    {
      reference: text("The image, such as registry.example/team/models:1.4. pod.imagePullSecrets pull it.", {
        max: 512,
      }),
      pullPolicy: oneOf(
        "When it is pulled. By default Always for the tag latest and for no tag, else IfNotPresent: with a tag that moves, attempts of one run may see different projects.",
        ["Always", "IfNotPresent", "Never"],
      ).optional(),
      path: folder("the image"),
    },
  ).optional(),
} as const;

/** Sources with folders, which dbt's own macros alone can build. */
export const FOLDER_SOURCES = ["persistentVolumeClaim", "image"] as const;

/** Where a dbt project comes from. */
export const ProjectSource = object("Where the project comes from: exactly one source.", KINDS, [
  exactlyOne(Object.keys(KINDS)),
]);
export type ProjectSource = z.infer<typeof ProjectSource>;
