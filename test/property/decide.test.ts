import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retriesOf } from "#api/retries.ts";
import { type Decision, decide, hasFinished } from "../../operator/run/decide.ts";
import type { Facts } from "../../operator/run/facts.ts";
import { TERMINAL } from "../../operator/run/node.ts";
import { statusDiffers, statusOf } from "../../operator/run/status.ts";
import { isLive } from "../../operator/run/stop-jobs.ts";
import { pipeline, RunWorld, type Step, step } from "./run-world.ts";

const story = fc.array(step, { maxLength: 80, size: "max" });
const RUNS = { numRuns: 300 };

/** Plays a story on a run of the pipeline and shows each decision on the way, right before it is carried out. */
function play(
  spec: ConstructorParameters<typeof RunWorld>[0],
  steps: readonly Step[],
  look: (world: RunWorld) => void,
) {
  const world = new RunWorld(spec);
  for (const next of [{ do: "decide", stores: true } as const, ...steps]) {
    if (next.do === "decide") look(world);
    world.play(next);
  }
  return world;
}

const creations = (decision: Decision) => decision.actions.filter((action) => action.do === "createJob");
const nodesOf = (facts: Facts) => facts.run.status.nodes ?? {};

describe("a run, whatever happens to it", () => {
  it("starts no node before all that it needs have succeeded", () => {
    fc.assert(
      fc.property(pipeline, story, (spec, steps) => {
        play(spec, steps, ({ facts }) => {
          const decision = decide(facts);
          for (const { node } of creations(decision)) {
            const states = (spec.nodes[node]?.needs ?? []).map((need) => decision.verdict?.nodes[need]?.state);
            expect(states.filter((state) => state !== "Succeeded")).toEqual([]);
          }
        });
      }),
      RUNS,
    );
  });

  it("creates at most one Job for each attempt, one at a time for each node, and no more than the retries allow", () => {
    fc.assert(
      fc.property(pipeline, story, (spec, steps) => {
        const world = play(spec, steps, ({ facts }) => {
          const made = creations(decide(facts));
          expect(new Set(made.map(({ node }) => node)).size).toBe(made.length);
          for (const { node, attempt } of made) {
            expect((facts.attempts.get(node) ?? []).filter(isLive)).toEqual([]);
            expect(attempt).toBeLessThanOrEqual(retriesOf(spec.nodes[node] ?? {}, spec).limit + 1);
          }
        });
        expect(new Set(world.created).size).toBe(world.created.length);
      }),
      RUNS,
    );
  });

  it("never leaves the end of a node or of the run", () => {
    fc.assert(
      fc.property(pipeline, story, (spec, steps) => {
        play(spec, steps, ({ facts }) => {
          const { verdict } = decide(facts);
          if (hasFinished(facts)) expect(verdict).toBeUndefined();
          for (const [name, node] of Object.entries(nodesOf(facts))) {
            if (TERMINAL.includes(node.state) && verdict !== undefined) expect(verdict.nodes[name]).toEqual(node);
          }
        });
      }),
      RUNS,
    );
  });

  it("comes to rest: what follows from a decision leads to no endless chain of decisions", () => {
    fc.assert(
      fc.property(pipeline, story, (spec, steps) => {
        const world = play(spec, steps, () => undefined);
        const rounds = Array.from({ length: 7 }, () => {
          const decision = decide(world.facts);
          const { actions, verdict } = decision;
          const before = world.facts.run.status;
          world.apply(decision, true);
          return actions.length > 0 || (verdict !== undefined && statusDiffers(before, world.facts.run.status));
        });
        expect(rounds.at(-1)).toBe(false);
      }),
      RUNS,
    );
  });

  it("is never forgotten: unless it has ended, something runs, something is done, or a time to look again is set", () => {
    fc.assert(
      fc.property(pipeline, story, (spec, steps) => {
        play(spec, steps, ({ facts }) => {
          const { actions, verdict, wakeAt } = decide(facts);
          const differs = verdict !== undefined && statusDiffers(facts.run.status, statusOf(verdict, facts));
          const works = [...facts.attempts.values()]
            .flat()
            .some(({ job }) => job !== undefined && (job.deleting || job.verdict === undefined));
          expect([hasFinished(facts), actions.length > 0, differs, works, wakeAt !== undefined]).toContain(true);
        });
      }),
      RUNS,
    );
  });

  it("stores a verdict before it cleans up because of it", () => {
    fc.assert(
      fc.property(pipeline, story, (spec, steps) => {
        play(spec, steps, ({ facts }) => {
          for (const action of decide(facts).actions) {
            if (action.do !== "deleteJob") continue;
            const stored = nodesOf(facts)[action.node]?.state ?? "Pending";
            expect([...TERMINAL, "Retrying"]).toContain(stored);
          }
        });
      }),
      RUNS,
    );
  });

  it("does not depend on the order in which anything is written down", () => {
    fc.assert(
      fc.property(pipeline, story, (spec, steps) => {
        play(spec, steps, ({ facts }) => {
          const [one, other] = [decide(facts), decide(reversed(facts))];
          const sorted = ({ actions }: Decision) => actions.map((action) => JSON.stringify(action)).sort();
          expect(sorted(other)).toEqual(sorted(one));
          expect({ ...other, actions: [] }).toEqual({ ...one, actions: [] });
        });
      }),
      RUNS,
    );
  });

  it("ends, once nothing goes wrong any more", () => {
    fc.assert(
      fc.property(pipeline, story, (spec, steps) => {
        const world = play(spec, steps, () => undefined);
        for (let round = 0; round < 60 && !hasFinished(world.facts); round += 1) {
          world.play({ do: "decide", stores: true });
          for (const pick of [0, 1, 2, 3, 4]) {
            world.play({ do: "pod", pick, fate: "succeeds" });
            world.play({ do: "judge", pick });
          }
          world.play({ do: "collect" });
          world.play({ do: "time", ms: 6_000 });
        }
        expect(hasFinished(world.facts)).toBe(true);
      }),
      RUNS,
    );
  });
});

function reversed(facts: Facts): Facts {
  const backwards = (value: unknown): unknown => {
    if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, entry]) => [key, backwards(entry)])
        .reverse(),
    );
  };
  const { run, attempts, pipeline: found } = facts;
  return {
    ...facts,
    run: { ...run, status: backwards(run.status) as Facts["run"]["status"] },
    attempts: new Map([...attempts].reverse()),
    ...(found === undefined ? {} : { pipeline: { ...found, spec: backwards(found.spec) } }),
  };
}
