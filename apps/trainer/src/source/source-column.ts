/** A column of the data, as it is found there. */
export interface SourceColumn {
  readonly name: string;
  /** SQL type; of a text format, what the texts seem to be. */
  readonly type: string;
}
