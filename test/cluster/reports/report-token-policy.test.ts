import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { helmTemplate } from "../../support/cluster/chart.ts";
import { kubectl, mustKubectl } from "../../support/cluster/cluster.ts";
import { type KubeletPod, podOfKubelet } from "../../support/cluster/kubelet-tokens.ts";
import { until } from "../../support/machine/until.ts";

const NAME = `kelt-tokens-${randomBytes(4).toString("hex")}`;
let pod: KubeletPod;
const installed = helmTemplate(
  `--set=fullnameOverride=${NAME}`,
  "--show-only=templates/report-token-policy.yaml",
).stdout;
const REFUSED = "tokens for kelt's reports are made by kubelets alone";

/** Asks for a token of the namespace's account, for no longer than the API server gives it. */
const ask = (audience: string | undefined, ...as: readonly string[]) => {
  const audiences = audience === undefined ? [] : [`--audience=${audience}`];
  const { ok, text } = kubectl([
    "create",
    "token",
    NAME,
    `--namespace=${NAME}`,
    "--duration=600s",
    ...audiences,
    ...as,
  ]);
  return ok ? "made" : text;
};
/** Whoever has the role edit in a namespace may make tokens there. */
const editor = ["--as=ada", "--as-group=system:masters"];

beforeAll(async () => {
  mustKubectl(["create", "namespace", NAME]);
  mustKubectl(["create", "serviceaccount", NAME, `--namespace=${NAME}`]);
  pod = await podOfKubelet(NAME);
  mustKubectl(["apply", "-f", "-"], installed);
  // A policy works a moment after it was made.
  await until("the policy works", () => ask("kelt-report", ...editor).includes(REFUSED));
});
afterAll(() => {
  mustKubectl(["delete", "--ignore-not-found", "-f", "-"], installed);
  kubectl(["delete", "namespace", NAME, "--wait=false"]);
  pod.removeNode();
});

test("a token for reports is refused to a user, an administrator and a ServiceAccount", () => {
  const account = [`--as=system:serviceaccount:${NAME}:${NAME}`, "--as-group=system:masters"];
  for (const as of [editor, [], account]) expect(ask("kelt-report", ...as)).toContain(REFUSED);
});

test("so is one for reports among other things", () => {
  const both = kubectl([
    ...["create", "token", NAME, `--namespace=${NAME}`, "--audience=vault", "--audience=kelt-report"],
  ]);
  expect(both.text).toContain(REFUSED);
});

test("a kubelet makes one for a pod of its node", () => {
  expect(ask("kelt-report", ...pod.tokenArguments)).toBe("made");
});

test.each([undefined, "vault", "kelt-reports", "https://kubernetes.default.svc"])(
  "a token of another audience is nobody's business here: %s",
  (audience) => {
    expect(ask(audience, ...editor)).toBe("made");
  },
);

test("the chart makes the policy unless it is told not to, and not where nobody listens", () => {
  const render = (...values: readonly string[]) =>
    helmTemplate("--show-only=templates/report-token-policy.yaml", ...values).stdout;
  expect(render()).toContain("kind: ValidatingAdmissionPolicyBinding");
  expect(render("--set=reportChannel.tokenPolicy=false")).toBe("");
  expect(render("--set=reportChannel.enabled=false")).toBe("");
});
