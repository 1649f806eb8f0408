/** What the operator does to the cluster on behalf of a run. Data, so that it can be printed, counted and tested. */
export type Action =
  | {
      readonly do: "createJob";
      readonly node: string;
      readonly attempt: number;
      /** Its task is to wait until it is told that the node may begin. */
      readonly hold?: true;
    }
  | {
      readonly do: "deleteJob";
      readonly node: string;
      readonly name: string;
      readonly uid: string;
      readonly why: string;
      /** It was held: no attempt has begun. */
      readonly held?: true;
    };

/** The action in a sentence, for logs and dry runs. */
export function explain(action: Action): string {
  switch (action.do) {
    case "createJob":
      return `create the Job of node ${action.node}, attempt ${action.attempt}${action.hold === true ? ", which waits" : ""}`;
    case "deleteJob":
      return `delete Job ${action.name} of node ${action.node}: ${action.why}`;
    default:
      return action satisfies never;
  }
}
