import { FakeApi } from "../support/fake-api.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { kubeContract } from "./kube-suite.ts";

kubeContract("a fake API server", () => ({ kube: new FakeApi(new FakeClock()).admin, namespace: "default" }));
