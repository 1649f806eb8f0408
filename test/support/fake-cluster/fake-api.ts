import type { Clock } from "../../../operator/kube/clock.ts";
import type { Kube } from "../../../operator/kube/kube.ts";
import { FakeClient, type FakeClientOptions } from "./fake-api-client.ts";
import { FakeServer } from "./fake-api-server.ts";
import type { Admission } from "./fake-api-storage.ts";

/**
 * An API server in memory, with the rules of a real one as far as kelt feels them; `test/contract/kube-suite.ts` holds
 * both to them. All waiting goes through the given clock, so that a test or a simulation decides what happens when.
 */
export class FakeApi extends FakeServer {
  /** Everything, without an access table: for users, kubelets and tests. */
  readonly admin: Kube;

  constructor(clock: Clock, admission?: Admission) {
    super(clock, admission);
    this.admin = this.client({ name: "admin", access: "everything" });
  }

  /** A connection of its own, which can be cut alone. */
  client(options: FakeClientOptions): FakeClient {
    return new FakeClient(this, options);
  }
}
