import { FakeApi } from "../support/fake-cluster/fake-api.ts";
import { FakeClock } from "../support/machine/fake-clock.ts";
import { kubeContract } from "./kube-suite.ts";
import { revisionContract } from "./revision-suite.ts";

revisionContract("a fake API server", () => ({ kube: new FakeApi(new FakeClock()).admin, namespace: "default" }));
kubeContract("a fake API server", () => ({ kube: new FakeApi(new FakeClock()).admin, namespace: "default" }));
