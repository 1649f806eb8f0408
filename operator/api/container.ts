import { z } from "zod";
import { list, map, object, oneOf, text } from "./fields.ts";
import { connectionKey } from "./names.ts";
import { keyedList } from "./pod.ts";
import { Volume, VolumeMount } from "./volumes.ts";

export const Container = object(
  "Runs your own container. Exit code 0 is success. 64 and 65 are failures that no retry can mend.",
  {
    image: text("Image; kelt's task image when left out.", { max: 512 }).optional(),
    imagePullPolicy: oneOf(
      "When the kubelet pulls the image. When left out: Always for the tag latest and for an image without a tag, IfNotPresent for every other; for kelt's task image what the installation says.",
      ["Always", "IfNotPresent", "Never"],
    ).optional(),
    command: list("Entry point.", z.string().max(4096), { max: 64 }).optional(),
    args: list("Arguments.", z.string().max(4096), { min: 0, max: 64 }).optional(),
    env: map(
      "Environment variables, which are data: use pod.env for values of Secrets. They win over those of the pipeline's pod.env.",
      z.string().max(4096),
      {
        max: 64,
        key: z
          .string()
          .max(128)
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
      },
    ).optional(),
    connections: list(
      "Connections of the pipeline that the container uses. The files of each one's Secret or volume are mounted read-only at /var/run/kelt/connections/NAME, as for kelt's own verbs, and KELT_CONNECTIONS holds what the manifest says of each, as JSON by name. The program reads the whole Secret and can send it anywhere: a Secret's allowedHosts binds only kelt's own verbs.",
      connectionKey,
      { min: 0, max: 16 },
    ).optional(),
    volumes: keyedList("Volumes, as in a Pod. Each one is mounted.", Volume, { key: "name", max: 32 }).optional(),
    volumeMounts: keyedList(
      "Where the volumes are mounted. /tmp is an empty folder of 1Gi unless one is mounted there; everything else but volumes is read-only.",
      VolumeMount,
      { key: "mountPath", max: 32 },
    ).optional(),
  },
);
