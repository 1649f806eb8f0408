import { describe, expect, test } from "vitest";
import { networkRules } from "../../../../task-image/network/network-rules.ts";

const API_SERVER = { KUBERNETES_SERVICE_HOST: "10.96.0.1" };
const rules = networkRules({}, API_SERVER);

describe("whatever a manifest says, no socket goes to", () => {
  test.each([
    "169.254.169.254",
    "169.254.0.1",
    "169.254.170.23",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "0:0:0:0:0:ffff:a9fe:a9fe",
    "::a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::169.254.169.254",
    "64:ff9b:1:a9fe:a9:fe00::",
    "::ffff:0:169.254.169.254",
    "2002:a9fe:a9fe::1",
    "2002:6464:64c8::",
    "2001:0:1234:5678:0:0:5601:5601",
    "2001:db8::5efe:a9fe:a9fe",
    "fe80::1",
    "fe80::a9fe:a9fe%eth0",
    "febf::1",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "100.100.100.200",
    "::ffff:100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "::ffff:0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "ff02::1",
    "10.96.0.1",
    "::ffff:10.96.0.1",
    "kubernetes.default.svc",
    "Kubernetes.default.svc.cluster.local.",
    "metadata.google.internal",
    "metadata.google.internal.",
  ])("%s", (host) => {
    expect(rules.refusal(host)).toBeDefined();
  });
});

describe("a pipeline may reach", () => {
  test.each([
    "10.0.0.1",
    "192.168.1.1",
    "172.16.0.9",
    "fd00::1",
    "::ffff:10.0.0.1",
    "169.253.255.255",
    "100.100.100.201",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "8.8.8.8",
    "2606:4700::1111",
    "api.example.org",
    "warehouse.demo.svc",
    "kubernetes.example.org",
  ])("%s", (host) => {
    expect(rules.refusal(host)).toBeUndefined();
  });
});

describe("where a public server has led, nothing private is reached", () => {
  test.each(["10.0.0.1", "192.168.1.1", "172.31.0.1", "100.64.0.1", "fd12::1", "64:ff9b::a00:1", "::ffff:10.1.2.3"])(
    "%s",
    (host) => {
      expect(rules.refusal(host, { publicOnly: true })).toContain("a private address to which a public server has led");
    },
  );

  test.each(["8.8.8.8", "2606:4700::1111"])("%s is", (host) => {
    expect(rules.refusal(host, { publicOnly: true })).toBeUndefined();
  });
});

describe("the installation decides", () => {
  test("what is allowed is reached, whatever it is", () => {
    const own = networkRules({ allowed: ["127.0.0.0/8", "10.96.0.1", "169.254.169.254", "10.5.0.0/16"] }, API_SERVER);
    for (const host of ["127.0.0.1", "10.96.0.1", "169.254.169.254", "::ffff:127.0.0.1"]) {
      expect(own.refusal(host)).toBeUndefined();
    }
    expect(own.refusal("10.5.0.1", { publicOnly: true })).toBeUndefined();
    expect(own.refusal("::1")).toBeDefined();
  });

  test("what is forbidden is not, even where it is allowed", () => {
    const own = networkRules({ allowed: ["10.0.0.0/8"], forbidden: ["10.9.0.0/16", "203.0.113.7"] }, {});
    expect(own.refusal("10.9.1.1")).toContain("this installation of kelt forbids");
    expect(own.refusal("203.0.113.7")).toBeDefined();
    expect(own.refusal("10.8.1.1")).toBeUndefined();
  });

  test("the API server is known from the operator and from the pod, by address and by name", () => {
    const own = networkRules({ apiServer: ["203.0.113.1", "api.cluster.example"] }, API_SERVER);
    for (const host of ["203.0.113.1", "10.96.0.1", "API.cluster.example"]) {
      expect(own.refusal(host)).toContain("Kubernetes API server");
    }
    expect(networkRules({}, {}).refusal("10.96.0.1")).toBeUndefined();
  });
});
