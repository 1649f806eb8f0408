/** A column as it is staged. */
export interface StagedColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
}
