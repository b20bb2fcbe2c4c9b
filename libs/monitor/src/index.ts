export type { OutcomeCell } from './cells.js';
