/** What every artifact says of the run that wrote it. */
export interface Heading {
  /** The version of dbt whose artifacts these are. */
  readonly dbtVersion: string;
  readonly invocationId: string;
  /** Microseconds of UTC since 1970. */
  readonly startedAt: bigint;
  readonly generatedAt: bigint;
}

/** Artifacts by the names of their schemas, in the versions that are written. */
const VERSIONS = { catalog: 1, manifest: 12, "run-results": 6, sources: 3 } as const;
export type ArtifactName = keyof typeof VERSIONS;

const SCHEMAS = "https://schemas.getdbt.com/dbt";

/** `metadata`, which all artifacts begin with. */
export function metadataOf(name: ArtifactName, { dbtVersion, invocationId, startedAt, generatedAt }: Heading) {
  return {
    dbt_schema_version: `${SCHEMAS}/${name}/v${VERSIONS[name]}.json`,
    dbt_version: dbtVersion,
    generated_at: isoTime(generatedAt),
    invocation_id: invocationId,
    invocation_started_at: isoTime(startedAt),
    env: {},
  };
}

/** ISO 8601 in UTC, with microseconds. */
export function isoTime(micros: bigint): string {
  const text = new Date(Number(micros / 1000n)).toISOString();
  return text.replace("Z", `${String(micros % 1000n).padStart(3, "0")}Z`);
}
