import { SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { Tokens } from "../../../operator/report/tokens.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { tokenIssuer } from "./cluster-tokens.ts";
import { SENDER } from "./world.ts";

type Issuer = Awaited<ReturnType<typeof tokenIssuer>>;
let issuer: Issuer;
let stranger: Issuer;
beforeAll(async () => {
  [issuer, stranger] = await Promise.all([tokenIssuer("one"), tokenIssuer("two")]);
});

/** The claims of a token, changed, with the signature that it had. */
function changed(token: string, claims: object): string {
  const [head, body = "", signature] = token.split(".");
  const read = JSON.parse(Buffer.from(body, "base64url").toString()) as object;
  return [head, Buffer.from(JSON.stringify({ ...read, ...claims })).toString("base64url"), signature].join(".");
}

async function loaded(keys: () => unknown = () => ({ keys: [issuer.jwk] })) {
  const clock = new FakeClock(new Date().toISOString());
  let reads = 0;
  const readKeys = () => {
    reads += 1;
    return Promise.resolve().then(keys);
  };
  const tokens = new Tokens({ readKeys, clock });
  await tokens.loadKeys();
  return { tokens, clock, reads: () => reads };
}

describe("a token", () => {
  test("of a pod says which pod and namespace it is of", async () => {
    const { tokens } = await loaded();
    expect(await tokens.senderOf(await issuer.tokenOf())).toMatchObject(SENDER);
  });

  test.each<[string, () => Promise<string> | string]>([
    ["for the API server", () => issuer.tokenOf({}, { aud: ["https://kubernetes.default.svc"] })],
    ["without an audience", () => issuer.tokenOf({}, { aud: undefined as unknown as string[] })],
    ["that has ended", () => issuer.tokenOf({}, { expiresAt: 1 })],
    ["of no pod", () => issuer.tokenOf({}, { "kubernetes.io": { namespace: "team" } })],
    ["of an empty pod", () => issuer.tokenOf({ podUid: "" })],
    ["of another cluster", () => stranger.tokenOf()],
    [
      "whose claims were changed",
      async () => changed(await issuer.tokenOf(), { "kubernetes.io": { namespace: "team", pod: { uid: "other" } } }),
    ],
    ["without a signature", () => new UnsecuredJWT({ aud: "kelt-report" }).encode()],
    [
      "signed with the public key as a secret",
      () =>
        new SignJWT({ aud: "kelt-report" })
          .setProtectedHeader({ alg: "HS256", kid: "one" })
          .sign(Buffer.from(issuer.jwk.n ?? "")),
    ],
    ["that is none", () => "x"],
    ["that is longer than any", () => "x".repeat(100_000)],
  ])("%s is refused", async (_, token) => {
    const { tokens } = await loaded();
    expect(await tokens.senderOf(await token())).toBeUndefined();
  });

  test("that was good is refused from its end on, although it is remembered", async () => {
    const { tokens, clock } = await loaded();
    const token = await issuer.tokenOf({}, { expiresAt: Math.floor(clock.now() / 1000) + 60 });
    expect(await tokens.senderOf(token)).toMatchObject(SENDER);
    await clock.advance(59_000);
    expect(await tokens.senderOf(token)).toMatchObject(SENDER);
    await clock.advance(2_000);
    expect(await tokens.senderOf(token)).toBeUndefined();
  });
});

describe("the cluster's keys", () => {
  test("are read again for a key that is not known, at most every ten seconds", async () => {
    let keys = [issuer.jwk];
    const { tokens, clock, reads } = await loaded(() => ({ keys }));
    keys = [issuer.jwk, stranger.jwk];
    const token = await stranger.tokenOf();
    expect(await tokens.senderOf(token)).toBeUndefined();
    expect(reads()).toBe(1);
    await clock.advance(10_000);
    expect(await tokens.senderOf(token)).toMatchObject(SENDER);
    expect(reads()).toBe(2);
  });

  test("stay as they were where they cannot be read again, and tokens that name no known key cost one question", async () => {
    let isDown = false;
    const { tokens, clock, reads } = await loaded(() => {
      if (isDown) throw new Error("no answer");
      return { keys: [issuer.jwk] };
    });
    isDown = true;
    await clock.advance(10_000);
    const foreign = await Promise.all(Array.from({ length: 20 }, () => stranger.tokenOf()));
    expect(await Promise.all(foreign.map((token) => tokens.senderOf(token)))).toEqual(foreign.map(() => undefined));
    expect(reads()).toBe(2);
    expect(await tokens.senderOf(await issuer.tokenOf())).toMatchObject(SENDER);
  });

  test.each([[{}], [{ keys: [] }], ["text"], [undefined]])(
    "are refused where what came is no set of keys: %j",
    async (answer) => {
      await expect(loaded(() => answer)).rejects.toThrow("/openid/v1/jwks");
    },
  );
});
