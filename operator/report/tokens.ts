import { createHash } from "node:crypto";
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from "jose";
import { z } from "zod";
import { REPORT_AUDIENCE } from "#api/report.ts";
import type { Clock } from "../kube/clock.ts";
import type { Sender } from "./report-store.ts";

/** Those that an API server signs with: RSA and elliptic curves. A shared secret is never one of them. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA"];
/** The least time between two questions for keys: anybody can send a token that names a key of his own. */
const KEYS_MS = 10_000;
/** Tokens that are remembered, of one a pod and its next one. */
const TOKENS_MAX = 8_192;
/** No token of a pod is longer. */
const TOKEN_CHARACTERS_MAX = 6_144;

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });
const Claims = z.object({
  exp: z.number(),
  "kubernetes.io": z.object({ namespace: z.string().min(1), pod: z.object({ uid: z.string().min(1) }) }),
});

interface Remembered extends Sender {
  /** Wall clock, seconds. */
  readonly exp: number;
}

export interface TokensServices {
  /** The cluster's keys, unchecked. */
  readonly readKeys: () => Promise<unknown>;
  readonly clock: Clock;
}

/**
 * Says which pod a token was made for, offline: by the cluster's keys, its audience, its end and the pod in its claims. It says nothing
 * of whether the pod still exists; the caches do.
 */
export class Tokens {
  readonly #services: TokensServices;
  readonly #known = new Map<string, Remembered>();
  #keys: ReturnType<typeof createLocalJWKSet> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(services: TokensServices) {
    this.#services = services;
  }

  /** Reads the cluster's keys. Rejects with an ApiError, or with an Error when what came is no set of keys. */
  async loadKeys(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /** The pod that the token is for; undefined for a token that is not of this cluster, audience or time, or of no pod. */
  async senderOf(token: string): Promise<Sender | undefined> {
    if (token.length > TOKEN_CHARACTERS_MAX) return undefined;
    const digest = createHash("sha256").update(token).digest("base64");
    const known = this.#known.get(digest);
    if (known !== undefined && known.exp * 1000 > this.#services.clock.now()) return known;
    this.#known.delete(digest);
    const sender = await this.#verify(token);
    if (sender !== undefined) this.#remember(digest, sender);
    return sender;
  }

  async #read(): Promise<void> {
    this.#readAt = this.#services.clock.monotonic();
    const parsed = KeySet.safeParse(await this.#services.readKeys());
    if (!parsed.success) throw new Error("expected /openid/v1/jwks to be a set of keys, found something else");
    this.#keys = createLocalJWKSet(parsed.data as JSONWebKeySet);
  }

  async #verify(token: string): Promise<Remembered | undefined> {
    try {
      return await this.#verifyByKnownKeys(token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !(await this.#readAgain())) return undefined;
    }
    return await this.#verifyByKnownKeys(token).catch(() => undefined);
  }

  async #verifyByKnownKeys(token: string): Promise<Remembered | undefined> {
    if (this.#keys === undefined) return undefined;
    const { payload } = await jwtVerify(token, this.#keys, {
      audience: REPORT_AUDIENCE,
      algorithms: ALGORITHMS,
      requiredClaims: ["exp"],
      currentDate: new Date(this.#services.clock.now()),
    });
    const claims = Claims.safeParse(payload);
    if (!claims.success) return undefined;
    const { exp, "kubernetes.io": of } = claims.data;
    return { podUid: of.pod.uid, namespace: of.namespace, exp };
  }

  /** After the cluster's keys were changed. False when they were read a moment ago, or cannot be read. */
  async #readAgain(): Promise<boolean> {
    if (this.#reading === undefined && this.#services.clock.monotonic() - this.#readAt < KEYS_MS) return false;
    return await this.loadKeys().then(
      () => true,
      () => false,
    );
  }

  #remember(digest: string, sender: Remembered): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= TOKENS_MAX && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(digest, sender);
  }
}
