import fc from "fast-check";
import { expect, test } from "vitest";
import type { Report, ReportItem } from "#api/report.ts";
import { ReportStore } from "../../operator/report/report-store.ts";
import { item, report, result } from "../unit/report/reports.ts";

/** What happens to one message: whether it arrives, whether its answer does, and how often a copy comes again, how much later. */
interface Fate {
  readonly arrives: boolean;
  readonly isAnswered: boolean;
  readonly copiesAfter: readonly number[];
}

/** A step of the work: items change, or the operator or the task's process begins anew. */
type Step =
  | { readonly do: "change"; readonly name: string; readonly state: ReportItem["state"] }
  | { readonly do: "restartOperator" }
  | { readonly do: "restartTask" };

const fate: fc.Arbitrary<Fate> = fc.record({
  arrives: fc.boolean(),
  isAnswered: fc.boolean(),
  copiesAfter: fc.array(fc.nat(6), { maxLength: 2 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      name: fc.constantFrom("a", "b", "c", "d"),
      state: fc.constantFrom("Pending", "Running", "Succeeded", "Failed"),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "restartOperator" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "restartTask" as const }) },
);
const SENDER = { podUid: "pod", namespace: "team" };

/** A task as the contract wants it, on a network that loses, repeats and delays. */
class World {
  store = new ReportStore();
  readonly #late: { readonly at: number; readonly message: Report }[] = [];
  #items = new Map<string, ReportItem>();
  #changed = new Set<string>();
  #epoch = 0;
  #seq = 0;
  #whole = true;
  #now = 0;

  change(name: string, state: ReportItem["state"]): void {
    this.#items.set(name, item(name, { state }));
    this.#changed.add(name);
  }

  restartTask(): void {
    this.#epoch += 1;
    this.#seq = 0;
    this.#whole = true;
    this.#items = new Map();
    this.#changed = new Set();
  }

  /** Whether the operator has the message and the task knows it. */
  send({ arrives, isAnswered, copiesAfter }: Fate, end?: Partial<Report>): boolean {
    this.#now += 1;
    for (const { message } of this.#late.filter(({ at }) => at === this.#now)) this.#arrive(message);
    const items = [...this.#items.values()].filter(({ name }) => this.#whole || this.#changed.has(name));
    const message = report({
      ...{ epoch: `e${this.#epoch}`, seq: ++this.#seq, kind: this.#whole ? "snapshot" : "delta", items },
      ...end,
    });
    this.#late.push(...copiesAfter.map((after) => ({ at: this.#now + 1 + after, message })));
    const isTaken = arrives && this.#arrive(message) === "taken" && isAnswered;
    if (isTaken) this.#changed = new Set();
    this.#whole = !isTaken;
    return isTaken;
  }

  /** Everything that is still under way arrives. */
  drain(): void {
    for (const { at, message } of this.#late) if (at > this.#now) this.#arrive(message);
  }

  #arrive(message: Report): string {
    return this.store.take(SENDER, message, this.#now).answer;
  }

  get items(): readonly ReportItem[] {
    return [...this.#items.values()];
  }
}

const byName = (items: readonly ReportItem[] = []) => items.map(({ name, state }) => `${name} ${state}`).sort();
const WELL: Fate = { arrives: true, isAnswered: true, copiesAfter: [] };

function play(world: World, steps: readonly (readonly [Step, Fate])[]): void {
  for (const [one, itsFate] of steps) {
    if (one.do === "restartOperator") world.store = new ReportStore();
    if (one.do === "restartTask") world.restartTask();
    if (one.do === "change") world.change(one.name, one.state);
    world.send(itsFate);
  }
}

test("whatever is lost, repeated, late or restarted, the operator ends with what the task knows and with its result", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fate), { maxLength: 25 }), (steps) => {
      const world = new World();
      play(world, steps);
      const end = { phase: "done", result: result("succeeded") } as const;
      for (let tries = 0; tries < 3; tries += 1) if (world.send(WELL, end)) break;
      const expected = byName(world.items);
      expect(byName(world.store.of("pod")?.items)).toEqual(expected);
      world.drain();
      expect(world.store.of("pod")?.result?.outcome).toBe("succeeded");
      expect(byName(world.store.of("pod")?.items)).toEqual(expected);
    }),
    { numRuns: 3_000 },
  );
});

test("a result that was taken stays through everything that comes after it", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fate), { maxLength: 15 }), (steps) => {
      const world = new World();
      world.send(WELL, { phase: "done", result: result("succeeded") });
      const { store } = world;
      play(
        world,
        steps.filter(([one]) => one.do !== "restartOperator"),
      );
      world.drain();
      expect(store.of("pod")?.result?.outcome).toBe("succeeded");
    }),
    { numRuns: 1_000 },
  );
});

test("after every answer 200 the operator has what the task has said, and never more bytes than it counts", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fate), { maxLength: 25 }), (steps) => {
      const world = new World();
      for (const [one, itsFate] of steps) {
        if (one.do === "restartTask") continue;
        if (one.do === "restartOperator") world.store = new ReportStore();
        else world.change(one.name, one.state);
        // Late copies of this process are older than what is known.
        if (world.send(itsFate)) expect(byName(world.store.of("pod")?.items)).toEqual(byName(world.items));
      }
      world.store.retain(() => false);
      expect(world.store.bytes).toBe(0);
    }),
    { numRuns: 1_000 },
  );
});
