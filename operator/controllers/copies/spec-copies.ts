import { createHash } from "node:crypto";
import { ANNOTATION, LABEL, MANAGER, type ObjectMeta } from "#api/metadata.ts";
import type { PipelineSpec } from "#api/pipeline.ts";
import type { SpecRevision } from "#api/pipeline-run.ts";
import { labelValue } from "../../job/names.ts";
import type { ControllerRevision } from "../../kinds/objects.ts";
import { ApiError, isNotFound, isOfThePort, NO_ANSWER } from "../../kube/api-error.ts";
import type { Kube } from "../../kube/kube.ts";
import { readCopy } from "../../run/copy.ts";
import type { CopyFacts } from "../../run/facts.ts";
import { sortedJson } from "../../run/sorted-json.ts";
import { ByteLru } from "./byte-lru.ts";

/** A run whose spec is copied. */
export type RunOf = Pick<ObjectMeta, "namespace" | "uid">;

/** Characters of the digest in a revision's name; the whole stands in the run's status. */
const NAME_DIGEST = 32;
/** Names that are tried where others hold something else: one a copy that cannot be used, the rest for whoever makes such copies. */
const NAMES_MAX = 4;
/** JSON of the specs that are kept parsed. A parsed one takes about three times as much memory. */
const PARSED_BYTES_MAX = 12 * 1024 * 1024;

/**
 * The copies of specs that runs follow: ControllerRevisions, named by what they hold, so that runs with the same spec share one.
 * Those that were read last are kept parsed, by their digest.
 */
export class SpecCopies {
  readonly #kube: Kube;
  readonly #parsed = new ByteLru<CopyFacts>(PARSED_BYTES_MAX);

  constructor(kube: Kube) {
    this.#kube = kube;
  }

  /**
   * Stores what a run begins with, or finds it stored, and writes the run's uid on it: until the run's status names it, that alone
   * keeps it. Answers why the API server would not; rejects with the ApiError of a fault that may pass.
   */
  async store(run: RunOf, pipeline: string, spec: PipelineSpec): Promise<SpecRevision | { readonly refused: string }> {
    const { digest, json } = digestOf(spec);
    const first = `${labelValue(pipeline)}-${digest.slice(0, NAME_DIGEST)}`;
    let refused = "";
    for (let ordinal = 0; ordinal < NAMES_MAX; ordinal += 1) {
      const name = ordinal === 0 ? first : `${first}-${ordinal}`;
      const problem = await this.#storeAs(name, run, pipeline, { spec, digest });
      if (problem === undefined) {
        this.#keep(digest, json, readCopy(spec));
        return { name, digest };
      }
      refused ||= problem.why;
      if (!problem.occupied) break;
    }
    return { refused };
  }

  /** Stores the copy under this name; answers why not, and whether something else has the name for good. */
  async #storeAs(name: string, run: RunOf, pipeline: string, { spec, digest }: Wanted): Promise<Problem | undefined> {
    try {
      return problemOf(await this.#take(run, name, pipeline, spec), digest);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // What cannot be patched although it is there was stored in a form that this version does not write.
      const occupied = error.status === 422 && error.verb === "patch";
      return { why: `the copy of the spec cannot be stored: ${error.message}`, occupied };
    }
  }

  /**
   * The copy that a run follows. `again` gives what the run would begin with now: where the revision is gone and that is the same, it
   * is stored once more.
   */
  async read(
    run: RunOf & { readonly pipeline: string },
    { name, digest }: SpecRevision,
    again: () => Promise<PipelineSpec | undefined>,
  ): Promise<CopyFacts> {
    const known = this.#parsed.get(digest);
    if (known !== undefined) return known;
    try {
      const revision = await this.#kube.get("ControllerRevision", { namespace: run.namespace, name });
      if (digestOf(revision.data).digest !== digest) return lost(`ControllerRevision ${name} holds another spec`);
      return this.#keep(digest, sortedJson(revision.data), readCopy(revision.data));
    } catch (error) {
      if (isNotFound(error)) return await this.#restore(run, { name, digest }, again);
      if (isRefusal(error))
        return { state: "hidden", message: `the copy of the spec cannot be read: ${error.message}` };
      throw error;
    }
  }

  /** The copy that an earlier version left in the run's status. */
  readStored({ uid }: RunOf, data: unknown): CopyFacts {
    return this.#parsed.get(uid) ?? this.#keep(uid, JSON.stringify(data), readCopy(data));
  }

  async #restore(
    run: RunOf & { readonly pipeline: string },
    { name, digest }: SpecRevision,
    again: () => Promise<PipelineSpec | undefined>,
  ): Promise<CopyFacts> {
    const spec = await again();
    if (spec !== undefined && digestOf(spec).digest === digest) {
      const stored = await this.store(run, run.pipeline, spec);
      return "refused" in stored ? { state: "hidden", message: stored.refused } : readCopy(spec);
    }
    return lost(`ControllerRevision ${name} was deleted, and the Pipeline says something else by now`);
  }

  async #take(run: RunOf, name: string, pipeline: string, data: PipelineSpec): Promise<ControllerRevision> {
    const { namespace, uid } = run;
    const annotations = { [ANNOTATION.takenBy]: uid };
    try {
      return await this.#kube.patch("ControllerRevision", { namespace, name }, { metadata: { annotations } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const labels = { [LABEL.managedBy]: MANAGER, [LABEL.pipeline]: labelValue(pipeline) };
    const created = { metadata: { name, labels, annotations }, data, revision: 1 };
    return await this.#kube.create("ControllerRevision", namespace, created);
  }

  #keep(key: string, json: string, copy: CopyFacts): CopyFacts {
    this.#parsed.set(key, copy, Buffer.byteLength(json));
    return copy;
  }
}

function digestOf(data: unknown): { readonly digest: string; readonly json: string } {
  const json = sortedJson(data) ?? "";
  return { json, digest: createHash("sha256").update(json).digest("hex") };
}

interface Wanted {
  readonly spec: PipelineSpec;
  readonly digest: string;
}

interface Problem {
  readonly why: string;
  readonly occupied: boolean;
}

/** Why an object of the right name is not the copy that was wanted. */
function problemOf({ metadata, data }: ControllerRevision, digest: string): Problem | undefined {
  const { name, deletionTimestamp } = metadata;
  if (deletionTimestamp !== undefined) {
    const why = `ControllerRevision ${name} is being deleted: the copy of the spec waits for that`;
    return { why, occupied: false };
  }
  if (digestOf(data).digest === digest) return undefined;
  const why = `ControllerRevision ${name} exists and holds something else than the copy of the spec; delete it`;
  return { why, occupied: true };
}

/** The server's own word on this object; neither a fault that may pass by itself nor one of the port. */
function isRefusal(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || [NO_ANSWER, 404, 409, 429].includes(error.status)) return false;
  return !isOfThePort(error);
}

function lost(what: string): CopyFacts {
  const message = `the copy of the spec that the run began with is lost: ${what}; create another run`;
  return { state: "lost", reason: "SpecLost", message };
}
