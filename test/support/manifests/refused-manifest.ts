import { parse } from "yaml";

/** A manifest that must be refused, and what its author reads. */
export interface RefusedManifest {
  readonly title: string;
  readonly manifest: {
    readonly kind: "Pipeline" | "PipelineRun" | "Connection";
    readonly spec: unknown;
    readonly [field: string]: unknown;
  };
  /** What the same types say without a cluster; absent where only the API server can see it. */
  readonly local?: string;
  /** Part of what the API server answers. */
  readonly server: string;
}

const CONNECTIONS = "connections: {source: {postgres: {secretRef: a}}, warehouse: {postgres: {secretRef: b}}}";

/** A Pipeline with two connections, source and warehouse; the rest of its spec in YAML. */
export function pipeline(spec: string, name = "films"): RefusedManifest["manifest"] {
  return manifest("Pipeline", `{${CONNECTIONS}, ${spec}}`, name);
}

export function manifest(
  kind: RefusedManifest["manifest"]["kind"],
  spec: string,
  name = "films",
): RefusedManifest["manifest"] {
  return { apiVersion: "kelt.dev/v1alpha1", kind, metadata: { name, namespace: "default" }, spec: parse(spec) };
}

/** The two voices say the same sentence at the same path, unless `server` is given. */
export function refused(
  title: string,
  faulty: RefusedManifest["manifest"],
  local: string,
  server?: string,
): RefusedManifest {
  return { title, manifest: faulty, local, server: server ?? local.replace(": ", ': Invalid value: "object": ') };
}
