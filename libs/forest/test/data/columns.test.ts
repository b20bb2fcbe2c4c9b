import { columnsFrom, columnsFromRecords, takeRows } from '../../src/index.js';
import { mixedSchema } from '../data.js';

describe('columns', () => {
  it('are the same from records and from arrays', () => {
    const records = [
      { size: 0.1, place: 2, colour: 'green' },
      { size: 0.2, place: 4, colour: 'none' },
    ];
    const table = { size: [0.1, 0.2], place: [2, 4], colour: ['green', 'none'] };
    expect(columnsFrom(mixedSchema, table)).toEqual(columnsFromRecords(mixedSchema, records));
  });

  it('name the one that is absent or of another length', () => {
    expect(() => columnsFrom(mixedSchema, { size: [1], place: [1] })).toThrow(
      /column colour is absent/,
    );
    const uneven = { size: [1, 2], place: [1], colour: ['red', 'red'] };
    expect(() => columnsFrom(mixedSchema, uneven)).toThrow(/column place has 1 rows, wanted 2/);
  });

  it('give the rows that are asked for, in that order', () => {
    const columns = columnsFrom(mixedSchema, {
      size: [1, 2, 3],
      place: [4, 5, 6],
      colour: ['red', 'green', 'blue'],
    });
    expect(takeRows(columns, [2, 0]).values.map((values) => [...values])).toEqual([
      [3, 1],
      [6, 4],
      [2, 0],
    ]);
  });
});
