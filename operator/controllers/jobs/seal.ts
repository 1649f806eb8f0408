import { createHmac, timingSafeEqual } from "node:crypto";
import { ANNOTATION } from "#api/metadata.ts";
import { type JobFingerprint, jobFingerprint } from "../../kinds/fingerprint.ts";
import type { Job } from "../../kinds/objects.ts";
import type { NewObject } from "../../kube/kube.ts";

/** What a Job was made for. */
export interface Claim {
  readonly namespace: string;
  /** Uid of the run, or of the Connection that is tested. */
  readonly owner: string;
  readonly node: string;
  /** Attempt of the node, or number of the test. */
  readonly attempt: number;
  /** It was made before its node could begin. */
  readonly hold?: true | undefined;
}

/** Before the meaning of what is sealed changes, this does. */
const FORM = "kelt job 1";

/**
 * Marks Jobs as made by this installation: HMAC-SHA256 over the claim, the Job's name and what its pods do. Only who holds the key
 * can make one, and one that is copied to a Job that does something else does not hold there.
 */
export class Seal {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** The Job with its seal. */
  put(claim: Claim, job: NewObject): NewObject {
    const { name = "", annotations } = job.metadata as { name?: string; annotations?: object };
    const seal = this.#mac(claim, name, jobFingerprint(job.spec)).toString("base64url");
    return { ...job, metadata: { ...job.metadata, annotations: { ...annotations, [ANNOTATION.seal]: seal } } };
  }

  /** Whether the Job, a projection, was made for the claim and does what it was made to do. */
  holds(claim: Claim, { metadata, spec }: Job): boolean {
    const found = metadata.annotations?.[ANNOTATION.seal];
    if (found === undefined || spec?.fingerprint === undefined || metadata.namespace !== claim.namespace) return false;
    const wanted = this.#mac(claim, metadata.name, spec.fingerprint);
    const seal = Buffer.from(found, "base64url");
    return seal.length === wanted.length && timingSafeEqual(seal, wanted);
  }

  #mac({ namespace, owner, node, attempt, hold }: Claim, name: string, { job, pod }: JobFingerprint): Buffer {
    const extras = Object.entries(pod.extras).sort(([a], [b]) => (a < b ? -1 : 1));
    const sealed = [FORM, namespace, owner, node, attempt, name, job, pod.digest, extras, ...(hold ? ["held"] : [])];
    return createHmac("sha256", this.#key).update(JSON.stringify(sealed)).digest();
  }
}
