import type { Logger } from "pino";
import { formatKey } from "../../kube/object-key.ts";
import type { Facts } from "../../run/facts.ts";
import { type NodeOddity, odditiesIn } from "../../run/oddities.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { countBadEnd } from "../../telemetry/run-metrics.ts";
import type { EventWriter } from "../loop/event-writer.ts";

/** Characters of an Event's note: the API takes 1,024 bytes. */
const NOTE_MAX = 1000;

export interface OddEndsServices {
  readonly log: Logger;
  readonly events: EventWriter;
  readonly metrics: Metrics;
}

/** Tells once of each pod of a run that ended in another way than its task had reported. */
export class OddEnds {
  readonly #services: OddEndsServices;
  readonly #reported = new Set<string>();

  constructor(services: OddEndsServices) {
    this.#services = services;
  }

  report(facts: Facts): void {
    for (const oddity of odditiesIn(facts)) {
      const key = `${oddity.pod}/${oddity.what}`;
      if (this.#reported.has(key)) continue;
      this.#reported.add(key);
      this.#tellOne(facts.run, oddity);
    }
  }

  #tellOne({ meta, spec }: Facts["run"], { what, node, attempt, message }: NodeOddity): void {
    const { log, events, metrics } = this.#services;
    const fields = { run: formatKey(meta), node, attempt, reason: message };
    if (what === "ResultsDiffer") {
      log.error(fields, "a task has reported two results");
      return;
    }
    log.warn(fields, "a pod ended badly after its task had reported success");
    countBadEnd(metrics, { namespace: meta.namespace, pipeline: spec.pipeline }, node);
    const note = `node ${node}, attempt ${attempt}: ${message}`.slice(0, NOTE_MAX);
    const { namespace, name, uid } = meta;
    const target = { kind: "PipelineRun", namespace, name, uid } as const;
    events.write(target, [{ type: "Warning", reason: what, action: "Ignore", note }]);
  }
}
