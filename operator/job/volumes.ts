import type { V1Volume, V1VolumeMount } from "@kubernetes/client-node";
import { type ConnectionSpec, secretOf } from "../api/connection.ts";
import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import type { Packages } from "../api/project-packages.ts";
import type { ProjectSource } from "../api/project-source.ts";
import {
  CONNECTIONS_DIRECTORY,
  GIT_SECRET_DIRECTORY,
  PACKAGE_SECRETS_DIRECTORY,
  PROJECT_DIRECTORY,
  WORK_DIRECTORY,
} from "../api/task.ts";
import type { Volume } from "../api/volumes.ts";
import { connectionsOf } from "./task-spec.ts";

export interface Mounted {
  readonly volume: V1Volume;
  readonly mount: V1VolumeMount;
}

const TMP_DIRECTORY = "/tmp";
/** Programs of all sorts write to /tmp; the root file system is read-only. */
export const TMP: Mounted = {
  volume: { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
  mount: { name: "tmp", mountPath: TMP_DIRECTORY },
};
const WORK: Mounted = {
  volume: { name: "work", emptyDir: { sizeLimit: "10Gi" } },
  mount: { name: "work", mountPath: WORK_DIRECTORY },
};

/** What a pod's volumes are, and where its container finds them. */
export interface PodVolumes {
  readonly volumes: V1Volume[];
  readonly volumeMounts: V1VolumeMount[];
}

export function podVolumes(
  mounted: readonly Mounted[],
  own: PodVolumes = { volumes: [], volumeMounts: [] },
): PodVolumes {
  return {
    volumes: [...mounted.map(({ volume }) => volume), ...own.volumes],
    volumeMounts: [...mounted.map(({ mount }) => mount), ...own.volumeMounts],
  };
}

/**
 * The volumes of a node's pod. Secrets and ConfigMaps of connections and projects are mounted as optional: one that does not exist is
 * then reported by the task, by name and with what to do, instead of a pod that hangs without a word in its status.
 */
export function volumesOf({ connections = {} }: PipelineSpec, node: PipelineNode): PodVolumes {
  const own = ownVolumes(node);
  const hasTmp = own.volumeMounts.some(({ mountPath }) => mountPath.replace(/\/$/, "") === TMP_DIRECTORY);
  return podVolumes(
    [
      WORK,
      ...(hasTmp ? [] : [TMP]),
      ...connectionsOf(node).flatMap((name) => connectionVolumes(name, connections[name] ?? {})),
      ...projectVolumes(node.transform?.project ?? {}),
      ...packageVolumes(node.transform?.packages ?? {}),
    ],
    own,
  );
}

/** The volumes of a project: one, or one for each of several ConfigMaps, so that the task sees which file is whose. */
function projectVolumes({ configMap, configMaps = [], persistentVolumeClaim, image, git }: ProjectSource): Mounted[] {
  const mounted = (name: string, mountPath: string, source: Omit<V1Volume, "name">): Mounted => ({
    volume: { name, ...source },
    mount: { name, mountPath, readOnly: true },
  });
  const whole = (source: Omit<V1Volume, "name">) => [mounted("project", PROJECT_DIRECTORY, source)];
  if (configMap !== undefined) return whole({ configMap: { name: configMap, optional: true } });
  if (persistentVolumeClaim !== undefined) {
    return whole({ persistentVolumeClaim: { claimName: persistentVolumeClaim.claimName, readOnly: true } });
  }
  if (image !== undefined) {
    const { reference, pullPolicy } = image;
    return whole({ image: { reference, ...(pullPolicy === undefined ? {} : { pullPolicy }) } });
  }
  if (git?.secretRef !== undefined) {
    const { secretRef: secretName } = git;
    return [mounted("git", GIT_SECRET_DIRECTORY, { secret: { secretName, optional: true, defaultMode: 0o440 } })];
  }
  return configMaps.map((name, index) =>
    mounted(`project-${index}`, `${PROJECT_DIRECTORY}/${name}`, { configMap: { name, optional: true } }),
  );
}

/** The Secrets for hosts of packages, each once. */
function packageVolumes({ credentials = [] }: Packages): Mounted[] {
  const names = [...new Set(credentials.map(({ secretRef }) => secretRef))];
  return names.map((secretName, index) => ({
    volume: { name: `packages-${index}`, secret: { secretName, optional: true, defaultMode: 0o440 } },
    mount: { name: `packages-${index}`, mountPath: `${PACKAGE_SECRETS_DIRECTORY}/${secretName}`, readOnly: true },
  }));
}

/** What of a connection is mounted, where the task looks for it: at most one volume. */
export function connectionVolumes(name: string, connection: ConnectionSpec): Mounted[] {
  const source = volumeSourceOf(connection);
  if (source === undefined) return [];
  return [
    {
      volume: { name: `connection-${name}`, ...source },
      mount: { name: `connection-${name}`, mountPath: `${CONNECTIONS_DIRECTORY}/${name}`, readOnly: true },
    },
  ];
}

/** What a connection needs to be mounted: its Secret, or the volume that its files lie in. */
function volumeSourceOf(connection: ConnectionSpec): Omit<V1Volume, "name"> | undefined {
  const secretName = secretOf(connection);
  if (secretName !== undefined) return { secret: { secretName, optional: true, defaultMode: 0o440 } };
  const { configMap, persistentVolumeClaim: claimName } = connection.files ?? {};
  if (configMap !== undefined) return { configMap: { name: configMap, optional: true } };
  return claimName === undefined ? undefined : { persistentVolumeClaim: { claimName, readOnly: true } };
}

/** The volumes that a node's container brings itself, as a Pod has them. */
function ownVolumes({ container }: PipelineNode): PodVolumes {
  return {
    volumes: (container?.volumes ?? []).map(ownVolume),
    volumeMounts: (container?.volumeMounts ?? []).map((mount) => withoutUndefined<V1VolumeMount>(mount)),
  };
}

function ownVolume({ name, configMap, secret, persistentVolumeClaim, emptyDir }: Volume): V1Volume {
  if (configMap !== undefined) return { name, configMap: withoutUndefined(configMap) };
  if (secret !== undefined) return { name, secret: withoutUndefined(secret) };
  if (persistentVolumeClaim !== undefined)
    return { name, persistentVolumeClaim: withoutUndefined(persistentVolumeClaim) };
  const { sizeLimit, medium } = emptyDir ?? {};
  return {
    name,
    emptyDir: {
      ...(sizeLimit === undefined ? {} : { sizeLimit: String(sizeLimit) }),
      ...(medium === undefined ? {} : { medium }),
    },
  };
}

/** Kubernetes' types know no field that is there and undefined; zod's do. */
function withoutUndefined<T>(fields: object): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
