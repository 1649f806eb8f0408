/**
 * Every version that the quick start and the tests on a cluster pin, in this one place. Go modules have their own pins in
 * `offline/go/go.mod`; `test/unit/quickstart/cluster.test.ts` checks that both agree.
 */

/** Kubernetes of the node image that is built here. 1.34 is the last release that runs on cgroup v1 by default. */
export const KUBERNETES_VERSION = "1.34.4";
/** What runs beside it; CoreDNS and etcd are the releases that share most modules with it, so that one build compiles them once. */
export const ETCD_VERSION = "3.6.6";
export const COREDNS_VERSION = "1.13.2";
export const PAUSE_VERSION = "3.10.1";

export const KIND_VERSION = "0.33.0";
export const HELM_VERSION = "3.19.5";

/** The node image that kind publishes for {@link KIND_VERSION}: the newest patch of the same Kubernetes release. */
export const NODE_IMAGE =
  "kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d";

/** Postgres of the demo databases, as its official image is tagged. */
export const POSTGRES_IMAGE = "postgres:18.4";

/** The S3 server of the demos and the tests, a Go module of its own. */
export const VERSITYGW_VERSION = "1.8.0";

/** What Node runs on inside the images: glibc, libstdc++, certificates and time zones, no shell. */
export const BASE_IMAGE =
  "gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f";

/** The Debian release that file systems are made of where no image registry can be reached. */
export const DEBIAN_SUITE = "bookworm";

/** The npm package whose binary goes into the images; the same version as in package.json. */
export const NODE_VERSION = "24.21.0";

/** Tools that are used when the machine has them: from the first version up to, and without, the second. */
export const ACCEPTED_TOOLS = {
  kind: { from: "0.31.0", below: "1.0.0" },
  kubectl: { from: "1.33.0", below: "1.36.0" },
  helm: { from: "3.14.0", below: "4.0.0" },
} as const;
export type ToolName = keyof typeof ACCEPTED_TOOLS;

/** Releases of Kubernetes that a cluster of an earlier start may have to be used again: from kelt's floor on. */
export const ACCEPTED_KUBERNETES = { from: "1.33.0", below: "2.0.0" } as const;

/** The oldest Go that can fetch the toolchain `offline/go/go.mod` asks for by itself. */
export const GO_MINIMUM = "1.21.0";
