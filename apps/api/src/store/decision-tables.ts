/** A decision that was answered, with what it takes to judge it later. */
export interface DecisionRow {
  id: string;
  name: 'rank' | 'forecast' | 'allocate';
  /** When it was answered: milliseconds since 1970. */
  at: number;
  /** Version of the model that decided. */
  model: string;
  /** Request and answer as JSON, packed by gzip, in base64. */
  content: string;
}

export interface DecisionTables {
  decisions: DecisionRow;
}
