import type { z } from "zod";
import { exactlyOne, flag, integer, list, object, objectName, oneOf, quantity, text } from "./fields.ts";

const volumeName = (description: string) =>
  text(description, {
    max: 63,
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    expected: "expected a volume's name, in lower-case letters, digits and dashes",
  });

const files = {
  items: list(
    "Keys that become files; all of them when left out.",
    object("A key.", {
      key: text("Key.", { max: 253 }),
      path: text("File, below the mount.", { max: 1024 }),
    }),
    { max: 64 },
  ).optional(),
  defaultMode: integer("Rights of the files, as a number: 0440 in YAML is 288.", { min: 0, max: 511 }).optional(),
  optional: flag("Whether the pod starts without it.").optional(),
};

export const Volume = object(
  "A volume, as in a Pod.",
  {
    name: volumeName("Name that volumeMounts use."),
    configMap: object("A ConfigMap in the same namespace; each key is a file.", {
      name: objectName("Its name."),
      ...files,
    }).optional(),
    secret: object("A Secret in the same namespace; each key is a file.", {
      secretName: objectName("Its name."),
      ...files,
    }).optional(),
    persistentVolumeClaim: object("A PersistentVolumeClaim in the same namespace.", {
      claimName: objectName("Its name."),
      readOnly: flag("Whether it is read-only.").optional(),
    }).optional(),
    emptyDir: object("An empty folder. It is removed with the pod.", {
      sizeLimit: quantity("Maximum size.").optional(),
      medium: oneOf("Memory makes it a part of the pod's memory.", ["Memory"]).optional(),
    }).optional(),
  },
  [exactlyOne(["configMap", "secret", "persistentVolumeClaim", "emptyDir"])],
);
export type Volume = z.infer<typeof Volume>;

export const VolumeMount = object("A place that a volume is mounted at.", {
  name: volumeName("Name of the volume."),
  mountPath: text("Absolute path in the container.", {
    max: 512,
    pattern: /^\/[^:]*$/,
    expected: "expected an absolute path without a colon such as /data",
  }),
  subPath: text("Path in the volume that is mounted; all of it when left out.", { max: 512 }).optional(),
  readOnly: flag("Whether the container may not write there.").optional(),
});
export type VolumeMount = z.infer<typeof VolumeMount>;
