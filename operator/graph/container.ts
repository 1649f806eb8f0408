import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { nanosOf } from "../api/quantity.ts";
import { imageProblem } from "./image.ts";
import { isInside, outside } from "./inner-path.ts";
import type { Problem } from "./problem.ts";

type Container = NonNullable<PipelineNode["container"]>;
type Finding = readonly [path: Problem["path"], message: string];

/** What is wrong with the containers of users' own: names that cannot be images, volumes and mounts that do not fit together. */
export function findContainerProblems({ nodes }: PipelineSpec): Problem[] {
  return Object.entries(nodes).flatMap(([name, { container }]) => {
    if (container === undefined) return [];
    const findings = [
      ...imageFindings(container),
      ...connectionFindings(container),
      ...volumeFindings(container),
      ...mountFindings(container),
    ];
    return findings.map(([path, message]): Problem => {
      return { reason: "InvalidSpec", path: ["spec", "nodes", name, "container", ...path], message };
    });
  });
}

function imageFindings({ image }: Container): Finding[] {
  const message = image === undefined ? undefined : imageProblem(image);
  return message === undefined ? [] : [[["image"], message]];
}

function connectionFindings({ connections = [] }: Container): Finding[] {
  return connections.flatMap((name, index): Finding[] =>
    connections.indexOf(name) === index ? [] : [[["connections", index], `${name} is named twice; name it once`]],
  );
}

/** Names of the volumes that kelt gives a pod. */
const OWN_VOLUMES = /^(work|tmp|git|project(-\d+)?|packages-\d+|connection-.*)$/;

function volumeFindings({ volumes = [], volumeMounts = [] }: Container): Finding[] {
  return volumes.flatMap((volume, index): Finding[] => {
    const { name, emptyDir } = volume;
    const path = ["volumes", index];
    const astray = itemFindings(volume, path);
    if (astray.length > 0) return astray;
    if (OWN_VOLUMES.test(name))
      return [[[...path, "name"], `${name} is the name of a volume of kelt's; choose another`]];
    if (volumes.findIndex((other) => other.name === name) !== index)
      return [[[...path, "name"], `${name} stands twice; keep one`]];
    if (emptyDir?.sizeLimit !== undefined && nanosOf(emptyDir.sizeLimit) === 0n) {
      return [[[...path, "emptyDir", "sizeLimit"], `expected more than 0, found ${emptyDir.sizeLimit}`]];
    }
    if (volumeMounts.some((mount) => mount.name === name)) return [];
    return [[path, `volume ${name} is mounted nowhere; name it in volumeMounts, or leave it out`]];
  });
}

/** Files of a volume that would lie outside of it. */
function itemFindings(
  { configMap, secret }: NonNullable<Container["volumes"]>[number],
  at: Problem["path"],
): Finding[] {
  const field = configMap === undefined ? "secret" : "configMap";
  return ((configMap ?? secret)?.items ?? []).flatMap(({ path }, index): Finding[] =>
    isInside(path) ? [] : [[[...at, field, "items", index, "path"], outside(path)]],
  );
}

function mountFindings({ volumes = [], volumeMounts = [] }: Container): Finding[] {
  return volumeMounts.flatMap(({ name, mountPath, subPath = "" }, index): Finding[] => {
    const path = ["volumeMounts", index];
    const findings: Finding[] = [];
    if (!volumes.some((volume) => volume.name === name)) {
      const known =
        volumes.length === 0 ? "there are none" : `there are ${volumes.map((volume) => volume.name).join(", ")}`;
      findings.push([[...path, "name"], `no volume is called ${name}; ${known}`]);
    }
    const place =
      placeProblem(mountPath) ??
      (isTaken(volumeMounts, index) ? `something is mounted at ${mountPath} already` : undefined);
    if (place !== undefined) findings.push([[...path, "mountPath"], place]);
    if (!isInside(subPath)) findings.push([[...path, "subPath"], outside(subPath)]);
    return findings;
  });
}

/** Places that are the system's, or where kelt mounts what it gives a pod. */
const TAKEN = /^\/$|^\/(dev(?!\/shm$)|proc|sys|(var\/)?run\/kelt)(\/|$)/;

function placeProblem(mountPath: string): string | undefined {
  const plain = withoutLastSlash(mountPath);
  if (/\/\/|\/\.{1,2}(\/|$)/.test(mountPath)) return `expected a path without //, . and .., found ${mountPath}`;
  return TAKEN.test(plain)
    ? `${mountPath} is a place of the system's or of kelt's; mount it elsewhere, such as at /data`
    : undefined;
}

function isTaken(mounts: NonNullable<Container["volumeMounts"]>, index: number): boolean {
  const plain = mounts.map(({ mountPath }) => withoutLastSlash(mountPath));
  return plain.indexOf(plain[index] as string) !== index;
}

function withoutLastSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
