import { ProblemError } from "../../jinja/problem.ts";
import { isTrue } from "../../jinja/values/comparison.ts";
import { type DataMap, isMap, own } from "../project/data.ts";
import type { ProjectSettings } from "../project/project-settings.ts";
import { toValue } from "../project/template-values.ts";
import { mapOf, textsOf } from "./columns.ts";
import { DEFAULTS } from "./config-fields.ts";
import { mergedConfig, unrenderedConfig } from "./config-layers.ts";
import { contractChecksum } from "./contract.ts";
import type { Draft } from "./draft.ts";
import { finalConfig } from "./final-config.ts";
import { microbatchConfig } from "./microbatch.ts";

/** Gives a node its settings, as far as they are known: before its template is rendered, its config() calls are missing. */
export function configure(draft: Draft, root: ProjectSettings): void {
  const { kind, section, fields, owner, at } = draft;
  const places = { owner: owner.settings, root, section, fqn: fields.fqn };
  const settings = { properties: draft.propertiesConfig, call: draft.call };
  const config = finalConfig(kind, mergedConfig(DEFAULTS[kind], places, settings), at);
  fields.config = config;
  fields.unrendered_config = unrenderedConfig(places, {
    properties: draft.unrenderedPropertiesConfig,
    call: draft.call,
  });
  fields.tags = [...new Set([...fields.tags, ...textsOf(own(config, "tags"))])];
  fields.meta = mapOf(config, "meta");
  fields.group = typeof config.group === "string" ? config.group : fields.group;
  const docs = mapOf(config, "docs");
  fields.docs = { show: docs.show !== false, node_color: typeof docs.node_color === "string" ? docs.node_color : null };
  if (draft.type === "model") configureModel(draft, config);
}

function configureModel(draft: Draft, config: DataMap): void {
  const { fields, at } = draft;
  if (config.materialized === "incremental" && config.incremental_strategy === "microbatch") {
    fields.config = microbatchConfig(config, at);
  }
  const access = own(config, "access") ?? "protected";
  if (access !== "private" && access !== "protected" && access !== "public") {
    throw new ProblemError(
      `the setting 'access': expected private, protected or public, found '${String(access)}'`,
      at,
    );
  }
  draft.extra = { ...draft.extra, access };
  const contract = own(config, "contract");
  const enforced = isMap(contract) && isTrue(toValue(own(contract, "enforced")));
  const aliasTypes = !isMap(contract) || own(contract, "alias_types") !== false;
  fields.contract = { enforced, alias_types: aliasTypes, checksum: enforced ? contractChecksum(draft) : null };
}
