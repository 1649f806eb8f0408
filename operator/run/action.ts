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
    }
  | {
      /** What the hands of a node's kind are to do: `node-kinds/node-kind.ts`. */
      readonly do: "order";
      readonly kind: string;
      readonly node: string;
      readonly order: object;
      /** The order in a sentence. */
      readonly says: string;
    };

/** What is done with Jobs, whatever the node's kind is. */
export type JobAction = Exclude<Action, { readonly do: "order" }>;

/** The action in a sentence, for logs and dry runs. */
export function explain(action: Action): string {
  switch (action.do) {
    case "createJob":
      return `create the Job of node ${action.node}, attempt ${action.attempt}${action.hold === true ? ", which waits" : ""}`;
    case "deleteJob":
      return `delete Job ${action.name} of node ${action.node}: ${action.why}`;
    case "order":
      return action.says;
    default:
      return action satisfies never;
  }
}
