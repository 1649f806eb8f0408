import type { ObjectMeta } from "../../api/metadata.ts";
import type { Schedule, ScheduleStatus } from "../../api/schedule.ts";
import type { Timetable } from "../../schedule/timetable.ts";

/** Everything that a decision about a schedule may look at. Times are milliseconds since the epoch. */
export interface ScheduleFacts {
  readonly now: number;
  readonly pipeline: Pick<ObjectMeta, "name" | "uid" | "generation" | "creationTimestamp">;
  readonly schedule: Schedule;
  readonly timetable: Timetable;
  /** No slot gets a run: the schedule is suspended, or the whole Pipeline. */
  readonly suspended: boolean;
  readonly stored: ScheduleStatus;
  /** The operator has never stored a status of the Pipeline. */
  readonly unseen: boolean;
  readonly runs: readonly RunOfPipeline[];
  /** Slots whose run cannot be made, because a run of that name is another's. */
  readonly occupied: ReadonlySet<number>;
}

/** A run of the Pipeline, as its schedule sees it. */
export interface RunOfPipeline {
  readonly name: string;
  readonly uid: string;
  /** It has not finished. */
  readonly active: boolean;
  /** It is to end: somebody has cancelled it, or deletes it. */
  readonly ending: boolean;
  /** What its spec says. */
  readonly scheduled?: number;
  /** The operator made it for a slot. */
  readonly bySchedule: boolean;
}

/** A slot that is to have a run now. */
export interface SlotToBegin {
  readonly slot: number;
  readonly name: string;
  /** The time that its data is of: from the slot before to this one. */
  readonly interval: { readonly start: number; readonly end: number };
  /** What the schedule sets, with the slot's times in it. */
  readonly params?: Readonly<Record<string, unknown>>;
}

/** What a person cares about, once it is stored. */
export interface ScheduleNote {
  readonly reason: "SlotMissed" | "SlotSkipped" | "SlotWaits" | "RunReplaced";
  readonly message: string;
}

export interface ScheduleDecision {
  readonly status: ScheduleStatus;
  readonly begin: readonly SlotToBegin[];
  /** Runs that make room for a newer slot. */
  readonly cancel: readonly Pick<RunOfPipeline, "name" | "uid">[];
  readonly notes: readonly ScheduleNote[];
  readonly wakeAt?: number;
}
