import type { PipelineSpec } from "../api/pipeline.ts";
import type { ProjectSource } from "../api/project-source.ts";
import { imageProblem } from "./image.ts";
import { isInside, outside } from "./inner-path.ts";
import type { Problem } from "./problem.ts";

type Finding = readonly [path: Problem["path"], message: string];

/** What is wrong with where dbt projects come from: ConfigMaps named twice, paths that lead out, names that are no images. */
export function findProjectProblems({ nodes }: PipelineSpec): Problem[] {
  const projects = Object.entries(nodes).flatMap(([name, { transform }]) => {
    const { configMaps = [], persistentVolumeClaim, image, git }: ProjectSource = transform?.project ?? {};
    const findings = [
      ...twins(configMaps),
      ...pathFindings("persistentVolumeClaim", persistentVolumeClaim?.path, "the volume"),
      ...imageFindings(image?.reference),
      ...pathFindings("image", image?.path, "the image"),
      ...pathFindings("git", git?.path, "the repository"),
    ];
    return findings.map(([path, message]): Problem => {
      return { reason: "InvalidSpec", path: ["spec", "nodes", name, "transform", "project", ...path], message };
    });
  });
  return [...projects, ...hostTwins(nodes)];
}

/** A host has one Secret. */
function hostTwins(nodes: PipelineSpec["nodes"]): Problem[] {
  return Object.entries(nodes).flatMap(([name, { transform }]) => {
    const hosts = (transform?.packages?.credentials ?? []).map(({ host }) => host.toLowerCase());
    return hosts.flatMap((host, index): Problem[] => {
      if (hosts.indexOf(host) === index) return [];
      const path = ["spec", "nodes", name, "transform", "packages", "credentials", index, "host"];
      return [{ reason: "InvalidSpec", path, message: `${host} is named twice; name it once` }];
    });
  });
}

function twins(configMaps: readonly string[]): Finding[] {
  return configMaps.flatMap((name, index): Finding[] =>
    configMaps.indexOf(name) === index ? [] : [[["configMaps", index], `${name} is named twice; name it once`]],
  );
}

function pathFindings(source: keyof ProjectSource, path: string | undefined, of: string): Finding[] {
  return path === undefined || isInside(path) ? [] : [[[source, "path"], outside(path, of)]];
}

function imageFindings(reference: string | undefined): Finding[] {
  const message = reference === undefined ? undefined : imageProblem(reference);
  return message === undefined ? [] : [[["image", "reference"], message]];
}
