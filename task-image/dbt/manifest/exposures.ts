import { ProblemError } from "../../jinja/problem.ts";
import { own } from "../project/data.ts";
import type { ProjectSettings } from "../project/project-settings.ts";
import type { DraftTarget } from "./collect-drafts.ts";
import { mapOf, textOrNull, textsOf } from "./columns.ts";
import { DEFAULTS } from "./config-fields.ts";
import { mergedConfig, unrenderedConfig } from "./config-layers.ts";
import { fqnOf, type Reference } from "./draft.ts";
import { finalConfig } from "./final-config.ts";
import type { Exposure, Group, RefArgs } from "./node.ts";
import type { ParseWorld } from "./parse-context.ts";
import { type Properties, textOf } from "./properties.ts";
import { referencesOf } from "./relations-of-text.ts";

/** An exposure before it is known what its references mean. */
export interface ExposureDraft {
  readonly properties: Properties;
  readonly exposure: Omit<Exposure, "depends_on">;
  readonly refs: readonly Reference<RefArgs>[];
  readonly sources: readonly Reference<readonly [string, string]>[];
}

export function readExposure(
  properties: Properties,
  root: ProjectSettings,
  world: ParseWorld,
  { now }: DraftTarget,
): ExposureDraft {
  const { data, name, owner, file, position } = properties;
  const packageName = owner.settings.name;
  const type = own(data, "type");
  if (typeof type !== "string") throw new ProblemError(`exposure '${name}': expected a type`, position());
  const fqn = fqnOf(packageName, file.path, name);
  const places = { owner: owner.settings, root, section: "exposures", fqn } as const;
  const settings = {
    ...mapOf(data, "config"),
    ...(Object.hasOwn(data, "tags") ? { tags: own(data, "tags") ?? [] } : {}),
  };
  const config = finalConfig("exposure", mergedConfig(DEFAULTS.exposure, places, { properties: settings }), position());
  const found = textsOf(own(data, "depends_on")).map((text, index) =>
    referencesOf(text, packageName, world, position(["depends_on", index])),
  );
  const refs = found.flatMap((each) => each.refs);
  const sources = found.flatMap((each) => each.sources);
  return {
    properties,
    refs,
    sources,
    exposure: {
      unique_id: `exposure.${packageName}.${name}`,
      name,
      resource_type: "exposure",
      package_name: packageName,
      path: file.path,
      original_file_path: file.originalPath,
      fqn,
      type,
      owner: mapOf(data, "owner"),
      description: textOf(data, "description", ""),
      label: textOrNull(own(data, "label")),
      maturity: textOrNull(own(data, "maturity")),
      meta: mapOf(config, "meta"),
      tags: [...new Set(textsOf(own(config, "tags")))],
      config,
      unrendered_config: unrenderedConfig(places, { properties: properties.unrenderedConfig }),
      url: textOrNull(own(data, "url")),
      refs: refs.map(({ to }) => to),
      sources: sources.map(({ to }) => to),
      metrics: [],
      created_at: now,
    },
  };
}

export function readGroup({ data, name, owner, file, position }: Properties): Group {
  const packageName = owner.settings.name;
  const keys = Object.keys(mapOf(data, "owner"));
  if (!keys.includes("name") && !keys.includes("email")) {
    throw new ProblemError(`group '${name}': expected an owner with a name or an email`, position());
  }
  return {
    unique_id: `group.${packageName}.${name}`,
    name,
    resource_type: "group",
    package_name: packageName,
    path: file.path,
    original_file_path: file.originalPath,
    owner: mapOf(data, "owner"),
    description: textOrNull(own(data, "description")),
    config: { meta: mapOf(mapOf(data, "config"), "meta") },
  };
}
