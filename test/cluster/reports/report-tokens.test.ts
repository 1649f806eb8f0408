import { randomBytes } from "node:crypto";
import { get } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../operator/kube/clock.ts";
import { kubeConfigCredentials } from "../../../operator/kube/credentials.ts";
import { readSigningKeys } from "../../../operator/kube/signing-keys.ts";
import { SocketPools } from "../../../operator/kube/socket-pools.ts";
import { TRANSPORT_SETTINGS, Transport } from "../../../operator/kube/transport.ts";
import { Tokens } from "../../../operator/report/tokens.ts";
import { kubectl, mustKubectl } from "../../support/cluster/cluster.ts";
import { type KubeletPod, podOfKubelet } from "../../support/cluster/kubelet-tokens.ts";

const NAME = `kelt-report-${randomBytes(4).toString("hex")}`;
const IN = `--namespace=${NAME}`;

const connections = new SocketPools(
  kubeConfigCredentials({ path: process.env.KELT_TEST_KUBECONFIG ?? ".kelt/kubeconfig" }),
  systemClock,
);
const transport = new Transport({ connections, clock: systemClock, random: Math.random, settings: TRANSPORT_SETTINGS });
const tokens = new Tokens({ readKeys: () => readSigningKeys(transport), clock: systemClock });
let pod: KubeletPod;

const createToken = (...how: readonly string[]) =>
  mustKubectl(["create", "token", NAME, IN, "--duration=600s", ...how]).trim();
const tokenOf = (audience: string, ...how: readonly string[]) => createToken(`--audience=${audience}`, ...how);

/** What the API server answers to a token alone, whatever credential the kubeconfig has. */
function statusWith(token: string): Promise<number | undefined> {
  const server = mustKubectl(["config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"]);
  const options = { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } };
  return new Promise((resolve, reject) => {
    get(`${server}/api`, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
}

beforeAll(async () => {
  mustKubectl(["create", "namespace", NAME]);
  mustKubectl(["create", "serviceaccount", NAME, IN]);
  pod = await podOfKubelet(NAME);
  await tokens.loadKeys();
});
afterAll(async () => {
  kubectl(["delete", "namespace", NAME, "--wait=false"]);
  pod.removeNode();
  await connections.close();
});

describe("a token as the kubelet has it made", () => {
  test("says by the cluster's own keys which pod it is of", async () => {
    expect(await tokens.senderOf(tokenOf("kelt-report", ...pod.tokenArguments))).toMatchObject({
      podUid: pod.uid,
      namespace: NAME,
    });
  });

  test("is no credential of the API server", async () => {
    expect(await statusWith(createToken(...pod.tokenArguments))).toBe(200);
    expect(await statusWith(tokenOf("kelt-report", ...pod.tokenArguments))).toBe(401);
  });

  test("is refused for another audience", async () => {
    expect(await tokens.senderOf(tokenOf("vault", ...pod.tokenArguments))).toBeUndefined();
  });
});

test("every ServiceAccount may read the keys, so that the operator needs no right of its own", () => {
  const as = [`--as=system:serviceaccount:${NAME}:${NAME}`, "--as-group=system:serviceaccounts"];
  expect(kubectl(["auth", "can-i", "get", "/openid/v1/jwks", ...as]).stdout.trim()).toBe("yes");
});
